extension TimeExpression {
    /// Reads a TIME; the error says what is allowed.
    init(parsing text: String) throws {
        self.text = text
        var parser = Parser(scanner: TextScanner(text))
        guard let meaning = try parser.parse() else {
            throw ValueError(
                "a time is a date and time such as '2026-11-22 10:30:00', a time of day such as 10:30, "
                    + "today, yesterday, now, -2h, '2h ago', @1763807400, or RFC 3339")
        }
        self.meaning = meaning
    }

    /// Reads the notations one after the other; each either takes the whole text or leaves it alone.
    private struct Parser {
        var scanner: TextScanner

        mutating func parse() throws -> Meaning? {
            scanner.takeSpace()
            let start = scanner
            if scanner.take("@") { return epoch() }
            if scanner.take("+") { return span().map { .relative(milliseconds: $0) } }
            if scanner.take("-") { return span().map { .relative(milliseconds: -$0) } }
            if let meaning = ago() { return meaning }
            scanner = start
            if let meaning = named() { return meaning }
            scanner = start
            return try date()
        }

        /// `@1763807400`, `@1763807400.5`
        private mutating func epoch() -> Meaning? {
            guard let seconds = scanner.takeNumber(digits: 1...15), let fraction = scanner.takeFraction(), atEnd()
            else {
                return nil
            }
            return .epoch(milliseconds: seconds * 1000 + Self.milliseconds(fraction))
        }

        /// What follows the sign of `-2h`.
        private mutating func span() -> Int64? {
            guard let milliseconds = TimeSpan.milliseconds(&scanner, defaultUnit: "s"), atEnd() else { return nil }
            return milliseconds
        }

        /// `2h ago`, `1h 30min ago`, `10min left`
        private mutating func ago() -> Meaning? {
            guard let milliseconds = TimeSpan.milliseconds(&scanner, defaultUnit: "s") else { return nil }
            scanner.takeSpace()
            let word = scanner.takeWord()
            guard atEnd() else { return nil }
            return switch word {
            case "ago": .relative(milliseconds: -milliseconds)
            case "left": .relative(milliseconds: milliseconds)
            default: nil
            }
        }

        /// `now`, `today`, `yesterday`, `tomorrow`
        private mutating func named() -> Meaning? {
            let offsets = ["yesterday": -1, "today": 0, "tomorrow": 1]
            let word = scanner.takeWord().lowercased()
            if word == "now", atEnd() { return .relative(milliseconds: 0) }
            guard let offset = offsets[word], let zone = zone() else { return nil }
            return .day(offset: offset, hour: 0, minute: 0, second: 0, milliseconds: 0, zone)
        }

        /// `2026-11-22 10:30:00`, also with a day of the week before it, without time, seconds, or date, and with a
        /// zone.
        private mutating func date() throws -> Meaning? {
            let weekday = scanner.takeWord().lowercased()
            if !weekday.isEmpty { guard scanner.takeSpace() else { return nil } }
            guard let civil = dateOnly() else {
                guard weekday.isEmpty, let (clock, milliseconds) = clock(), let zone = zone() else { return nil }
                let (hour, minute, second) = clock
                guard CivilTime(year: 2000, month: 1, day: 1, hour: hour, minute: minute, second: second).isValid else {
                    throw ValueError("there is no such time of day")
                }
                return .day(
                    offset: 0, hour: hour, minute: minute, second: second, milliseconds: milliseconds, zone)
            }
            var date = civil
            var milliseconds = 0
            let beforeClock = scanner
            if scanner.take("T", "t") || scanner.takeSpace() {
                if let (clock, fraction) = clock() {
                    (date.hour, date.minute, date.second) = clock
                    milliseconds = fraction
                } else {
                    scanner = beforeClock
                }
            }
            guard let zone = zone() else { return nil }
            guard date.isValid else { throw ValueError("there is no such date or time of day") }
            if !weekday.isEmpty { try check(weekday, of: date) }
            return .date(date, milliseconds: milliseconds, zone)
        }

        /// `2026-11-22`, and `26-11-22` as strptime(3) has it: 69 to 99 are in the twentieth century.
        private mutating func dateOnly() -> CivilTime? {
            let start = scanner
            let begin = scanner.position
            if let year = scanner.takeNumber(digits: 2...4), scanner.position - begin != 3 {
                let isShort = scanner.position - begin == 2
                if scanner.take("-"), let month = scanner.takeNumber(digits: 1...2), scanner.take("-"),
                    let day = scanner.takeNumber(digits: 1...2)
                {
                    let century: Int64 = isShort ? (year < 69 ? 2000 : 1900) : 0
                    return CivilTime(year: Int(century + year), month: Int(month), day: Int(day))
                }
            }
            scanner = start
            return nil
        }

        /// `10:30`, `10:30:15`, `10:30:15.250`
        private mutating func clock() -> ((Int, Int, Int), milliseconds: Int)? {
            let start = scanner
            guard let hour = scanner.takeNumber(digits: 1...2), scanner.take(":"),
                let minute = scanner.takeNumber(digits: 2...2)
            else {
                scanner = start
                return nil
            }
            guard scanner.take(":") else { return ((Int(hour), Int(minute), 0), 0) }
            guard let second = scanner.takeNumber(digits: 2...2), let fraction = scanner.takeFraction() else {
                scanner = start
                return nil
            }
            return ((Int(hour), Int(minute), Int(second)), Int(Self.milliseconds(fraction)))
        }

        /// What ends a date: nothing, `Z`, `+01:00`, `-0130`, `-03`, ` UTC`, ` CET`. `nil` when something else follows.
        private mutating func zone() -> Zone? {
            if scanner.takeSpace(), scanner.isAtEnd { return .local }
            if scanner.isAtEnd { return .local }
            if scanner.next == UInt8(ascii: "+") || scanner.next == UInt8(ascii: "-") {
                let isWest = scanner.take("-")
                _ = scanner.take("+")
                guard let hours = scanner.takeNumber(digits: 2...2) else { return offsetWithoutColon(isWest) }
                if atEnd() { return offset(isWest, hours, 0) }
                _ = scanner.take(":")
                guard let minutes = scanner.takeNumber(digits: 2...2), atEnd() else { return nil }
                return offset(isWest, hours, minutes)
            }
            let name = scanner.takeWord()
            guard atEnd() else { return nil }
            return ["UTC", "Z", "GMT"].contains(name.uppercased()) ? .utc : .named(name)
        }

        private mutating func offsetWithoutColon(_ isWest: Bool) -> Zone? {
            guard let number = scanner.takeNumber(digits: 4...4), atEnd() else { return nil }
            return offset(isWest, number / 100, number % 100)
        }

        private func offset(_ isWest: Bool, _ hours: Int64, _ minutes: Int64) -> Zone? {
            guard hours < 24, minutes < 60 else { return nil }
            let seconds = Int(hours * 3600 + minutes * 60)
            return .offset(isWest ? -seconds : seconds)
        }

        /// Whole milliseconds, cut off: a time of day never becomes the next second. Binary fractions are a little off.
        private static func milliseconds(_ fraction: Double) -> Int64 {
            min(999, Int64((fraction * 1000 + 1e-6).rounded(.down)))
        }

        private mutating func atEnd() -> Bool {
            scanner.takeSpace()
            return scanner.isAtEnd
        }

        private func check(_ name: String, of date: CivilTime) throws {
            let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
            guard let index = names.firstIndex(where: { $0 == name || $0.prefix(3) == name }) else {
                throw ValueError("'\(name)' is no day of the week")
            }
            guard index == date.weekday else {
                throw ValueError("\(date.dateText) is a \(names[date.weekday].capitalized)")
            }
        }
    }
}
