import PortModel

/// A time in which the port of a listener was without one: from the sample after it was last seen to the one before any
/// listener stands in its place, or to the end of the period.
struct ListenerGap: Sendable {
    /// What the listener had claimed.
    var key: BindKey
    /// The samples of the period that lie in the gap.
    var samples: ClosedRange<Int>
    /// The sockets that were the listener until then.
    var before: [SocketLife]
    /// True where it had `::` and may well have been IPV6_V6ONLY: somebody else had IPv4's wildcard at the same time.
    var leavesIPv4: Bool

    /// Whether a socket of the port with this local address is in the way of the listener's return.
    func isBlocked(by address: IPAddress) -> Bool {
        if leavesIPv4 && address.isIPv4 { return false }
        return key.local.address.overlaps(address)
    }
}

/// Finds the gaps of one port's listeners.
struct ListenerGaps {
    /// Who else on the port counts as standing in for a listener that has gone.
    enum StandIn {
        /// Any listener that could get its traffic.
        case any
        /// As `any`, without a `::` for IPv4 that stood beside IPv4's wildcard: it may be IPV6_V6ONLY, so that the port is
        /// still free for IPv4.
        case certain
    }

    private struct Listener {
        var key: BindKey
        var lives: [SocketLife]
        var spans: SampleSpans
        /// When it is `::` beside IPv4's wildcard.
        var mayLeaveIPv4: Bool
    }

    private let period: ClosedRange<Int>
    private let listeners: [Listener]

    /// The listeners of one port, by what they claimed.
    init(_ lives: [BindKey: [SocketLife]], period: ClosedRange<Int>) {
        self.period = period
        let wildcard =
            lives.first { $0.key.local.address == .anyIPv4 }
            .map { SampleSpans($0.value.map(\.samples)) } ?? SampleSpans()
        listeners = lives.map { key, lives in
            Listener(
                key: key, lives: lives, spans: SampleSpans(lives.map(\.samples)),
                mayLeaveIPv4: key.local.address == .anyIPv6 && lives.contains { wildcard.overlaps($0.samples) })
        }
    }

    /// The gaps of all listeners of the port that reach into the period, by sample.
    func gaps(standIn: StandIn) -> [ListenerGap] {
        listeners.flatMap { gaps(of: $0, standIn: standIn) }
            .sorted { $0.samples.lowerBound < $1.samples.lowerBound }
    }

    private func gaps(of listener: Listener, standIn: StandIn) -> [ListenerGap] {
        let address = listener.key.local.address
        let rivals = listeners.filter { other in
            guard other.key.local.address.overlaps(address) else { return false }
            let doubtful = standIn == .certain && other.mayLeaveIPv4 && address.isIPv4
            return !doubtful
        }
        let present = SampleSpans(rivals.flatMap(\.spans.runs))
        let lives = Dictionary(grouping: listener.lives, by: \.last)
        return listener.spans.runs.compactMap { run in
            let start = run.upperBound + 1
            let end = present.next(from: start).map { $0 - 1 } ?? period.upperBound
            guard start <= end, start <= period.upperBound, end >= period.lowerBound else { return nil }
            return ListenerGap(
                key: listener.key, samples: (start...end).clamped(to: period),
                before: lives[run.upperBound] ?? [], leavesIPv4: listener.mayLeaveIPv4)
        }
    }
}
