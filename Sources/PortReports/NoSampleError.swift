import PortModel

/// The history has no sample where the question asks for one: exit code 66.
public enum NoSampleError: Error, Equatable, Sendable {
    /// Nothing has been recorded yet.
    case empty
    /// Nothing was recorded in a period; `history` is what was.
    case period(since: Timestamp, until: Timestamp, history: ClosedRange<Timestamp>)
    /// Nothing was recorded up to a moment; `history` is what was.
    case moment(Timestamp, history: ClosedRange<Timestamp>)
    /// Samples of that time are no longer kept, and what is asked is not in minutes and hours; `kept` is what is.
    case rolledUp(Timestamp, kept: ClosedRange<Timestamp>)
}
