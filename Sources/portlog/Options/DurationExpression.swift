/// A DURATION on the command line: `500ms`, `10s`, `1m`, `2h`, `7d`, `1h30m`.
struct DurationExpression: Hashable, Sendable {
    /// Milliseconds, not negative.
    var milliseconds: Int64

    /// A duration of milliseconds.
    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads a duration. A number needs its unit: `10` might be meant as seconds or as milliseconds.
    init(parsing text: String) throws {
        var scanner = TextScanner(text)
        guard let milliseconds = TimeSpan.milliseconds(&scanner, defaultUnit: nil), Self.isAtEnd(scanner) else {
            throw ValueError("a duration is numbers with units, such as 500ms, 10s, 1m, 2h, 7d or 1h30m")
        }
        self.milliseconds = milliseconds
    }

    private static func isAtEnd(_ scanner: TextScanner) -> Bool {
        var scanner = scanner
        scanner.takeSpace()
        return scanner.isAtEnd
    }
}

extension DurationExpression: CustomStringConvertible {
    /// In the notation that is read: `1h30m`.
    var description: String {
        if milliseconds == 0 { return "0s" }
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")]
        var rest = milliseconds
        var text = ""
        for (unit, name) in units where rest >= unit {
            text += "\(rest / unit)\(name)"
            rest %= unit
        }
        return text
    }
}
