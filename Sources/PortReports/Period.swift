import PortHistory
import PortModel

/// Which samples a question about a period asks for. Without either end: the hour up to the newest sample.
public struct PeriodQuery: Hashable, Sendable {
    /// The beginning; `nil`: an hour before the end.
    public var since: Timestamp?
    /// The end; `nil`: the newest sample.
    public var until: Timestamp?

    /// A period of its ends.
    public init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }
}

/// A period of a history with at least one sample in it.
public struct Period: Sendable {
    /// The length of a period whose beginning is not given: an hour, in milliseconds.
    public static let defaultLength: Int64 = 3_600_000

    /// The beginning: of the minute, hour or day that the one asked for lies in, where nothing finer is kept.
    public let since: Timestamp
    /// The end, likewise.
    public let until: Timestamp
    /// The samples taken in it, also those that are no longer kept.
    public let samples: ClosedRange<Int>

    /// A period of its parts.
    public init(since: Timestamp, until: Timestamp, samples: ClosedRange<Int>) {
        self.since = since
        self.until = until
        self.samples = samples
    }

    /// The period that a query asks for.
    ///
    /// - Throws: ``NoSampleError`` when the history has no sample in it.
    public init(_ view: HistoryView, _ query: PeriodQuery) throws {
        guard let newest = try view.newestSample(), let oldest = try view.oldestMoment() else {
            throw NoSampleError.empty
        }
        let end = query.until ?? newest.takenAt
        let start = query.since ?? end - Self.defaultLength
        let until = try start > end ? end : view.bucket(at: end)?.upperBound ?? end
        let since = try start > end ? start : view.bucket(at: start)?.lowerBound ?? start
        guard let samples = try view.samples(since: since, until: until) else {
            throw NoSampleError.period(
                since: since, until: until, history: min(oldest, newest.takenAt)...newest.takenAt)
        }
        self.init(since: since, until: until, samples: samples)
    }

    /// The length in seconds.
    public var seconds: Double { Double(until - since) / 1000 }
}
