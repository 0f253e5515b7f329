import PortModel

/// How finely a rollup tells: by minute, by hour, by day of the wall clock in UTC.
public enum RollupLevel: Int, CaseIterable, Sendable, Comparable {
    case minute = 0
    case hour = 1
    case day = 2

    /// Finer is less.
    public static func < (a: RollupLevel, b: RollupLevel) -> Bool { a.rawValue < b.rawValue }

    /// The length of a bucket, in milliseconds.
    public var milliseconds: Int64 {
        switch self {
        case .minute: 60_000
        case .hour: 3_600_000
        case .day: 86_400_000
        }
    }

    /// `minute`, `hour` or `day`.
    public var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        }
    }

    /// The table with one row for a series and a bucket in which it changed.
    var table: String { name }

    /// The minute, hour or day of a moment, counted from 1970.
    func number(of moment: Timestamp) -> Int64 {
        let ms = moment.milliseconds
        return ms >= 0 ? ms / milliseconds : -((-ms + milliseconds - 1) / milliseconds)
    }

    /// The first and the last millisecond of the minute, hour or day of a moment.
    func span(of moment: Timestamp) -> ClosedRange<Timestamp> {
        let first = number(of: moment) * milliseconds
        return Timestamp(milliseconds: first)...Timestamp(milliseconds: first + milliseconds - 1)
    }
}
