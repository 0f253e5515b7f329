/// A date of the Gregorian calendar and a time of day, in no particular zone.
struct CivilTime: Hashable, Sendable {
    /// The year, 1 to 9999 in what people write.
    var year: Int
    /// The month, 1 to 12.
    var month: Int
    /// The day of the month, 1 to 31.
    var day: Int
    /// The hour, 0 to 23.
    var hour = 0
    /// The minute, 0 to 59.
    var minute = 0
    /// The second, 0 to 59; 60 for a leap second, which is the next minute's first.
    var second = 0

    /// Whether there is such a date and such a time of day.
    var isValid: Bool {
        (1...9999).contains(year) && (1...12).contains(month) && day >= 1 && day <= Self.days(inMonth: month, of: year)
            && (0...23).contains(hour) && (0...59).contains(minute) && (0...60).contains(second)
    }

    /// Days from 1970-01-01 to this date; negative before.
    var daysSinceEpoch: Int {
        // The year begins in March here, so that the leap day is its last: a month m then begins (153m + 2) / 5 days
        // in.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let leapDays = Self.floorDivide(shifted, 4) - Self.floorDivide(shifted, 100) + Self.floorDivide(shifted, 400)
        return shifted * 365 + leapDays + dayOfYear - 719_468
    }

    /// 0 for Sunday to 6 for Saturday.
    var weekday: Int {
        let day = (daysSinceEpoch + 4) % 7
        return day < 0 ? day + 7 : day
    }

    /// `2026-11-22`.
    var dateText: String { "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))" }

    /// `10:30:00`.
    var clockText: String { "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))" }

    /// The days of a month.
    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int {
        a >= 0 ? a / b : -((-a + b - 1) / b)
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
