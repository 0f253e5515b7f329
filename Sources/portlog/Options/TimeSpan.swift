/// A length of time as systemd.time(7) writes it: `2h`, `1h 30min`, `500ms`, `1.5 days`.
enum TimeSpan {
    /// Reads numbers with their units from where the scanner stands, at least one, as far as there are some.
    /// The sum in milliseconds, rounded; `nil` when there is none, a unit is unknown, or the sum does not fit.
    ///
    /// - Parameter defaultUnit: What a number without a unit counts; `nil` refuses it.
    static func milliseconds(_ scanner: inout TextScanner, defaultUnit: String?) -> Int64? {
        var microseconds: Int64 = 0
        var parts = 0
        while true {
            scanner.takeSpace()
            var ahead = scanner
            guard let whole = ahead.takeNumber(digits: 1...18), let fraction = ahead.takeFraction() else { break }
            ahead.takeSpace()
            var unitAhead = ahead
            let word = unitAhead.takeWord()
            if let unit = unit(word) {
                ahead = unitAhead
                guard add(whole, fraction, unit, to: &microseconds) else { return nil }
            } else if let defaultUnit, let unit = unit(defaultUnit), word.isEmpty || word == "ago" {
                guard add(whole, fraction, unit, to: &microseconds) else { return nil }
            } else {
                return nil
            }
            scanner = ahead
            parts += 1
        }
        return parts > 0 ? (microseconds + 500) / 1000 : nil
    }

    private static func add(_ whole: Int64, _ fraction: Double, _ unit: Int64, to sum: inout Int64) -> Bool {
        let (product, tooLarge) = whole.multipliedReportingOverflow(by: unit)
        // Below one unit, and a unit is a year at most: this always fits.
        let (part, partTooLarge) = product.addingReportingOverflow(Int64((fraction * Double(unit)).rounded()))
        let (total, sumTooLarge) = sum.addingReportingOverflow(part)
        // Room for the rounding.
        guard !tooLarge, !partTooLarge, !sumTooLarge, total < Int64.max - 1000 else { return false }
        sum = total
        return true
    }

    /// The microseconds of a unit, by its name in systemd.time(7).
    private static func unit(_ name: String) -> Int64? {
        let second: Int64 = 1_000_000
        return switch name {
        case "us", "usec", "µs", "μs": 1
        case "ms", "msec": 1000
        case "s", "sec", "second", "seconds": second
        case "m", "min", "minute", "minutes": 60 * second
        case "h", "hr", "hour", "hours": 3600 * second
        case "d", "day", "days": 86_400 * second
        case "w", "week", "weeks": 7 * 86_400 * second
        case "M", "month", "months": 2_629_800 * second
        case "y", "year", "years": 31_557_600 * second
        default: nil
        }
    }
}
