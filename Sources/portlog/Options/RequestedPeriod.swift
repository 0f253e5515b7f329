import PortModel

/// A period as it was asked for: what is `nil` depends on the newest sample.
struct RequestedPeriod: Hashable, Sendable {
    /// Where it begins, if that was said.
    var since: Timestamp?
    /// Where it ends, if that was said.
    var until: Timestamp?

    /// How long a period is of which one end was said, or none: an hour, in milliseconds.
    static let defaultLength: Int64 = 3_600_000

    /// The period in a history whose newest sample was taken at `newest`: up to that sample where no end was said, and from an
    /// hour before the end where no beginning was said. Begins after its end when it was asked to begin after the newest
    /// sample: there is no sample in it then.
    func resolved(newest: Timestamp) -> (since: Timestamp, until: Timestamp) {
        let until = until ?? newest
        return (since ?? until - Self.defaultLength, until)
    }
}
