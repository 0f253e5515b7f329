import PortHistory
import PortModel

/// The sockets that stood on the port of a listener while it was gone.
struct GapOccupants: Sendable {
    /// Which sockets are looked for.
    enum Sought: Sendable {
        /// Outgoing connections in any state, their TIME_WAIT included.
        case outgoing
        /// Accepted connections in TIME_WAIT.
        case acceptedTimeWait
    }

    /// A gap and who stood in it.
    struct Occupied: Sendable {
        /// The gap.
        var gap: ListenerGap
        /// The sockets, each with those of its intervals that reach into the gap.
        var sockets = SocketLives()
    }

    private var occupied: [Occupied] = []
    /// The indices of the gaps of each port, by the gaps' first samples.
    private var indices: [PortKey: [Int]] = [:]
    private let sought: Sought

    /// Looks for TCP sockets in the gaps of a scene's listeners.
    init(_ sought: Sought, in scene: ConflictScene) {
        self.sought = sought
        // A TIME_WAIT in the way of a bind() matters while nobody listens; an outgoing connection proves that the port was free.
        let standIn: ListenerGaps.StandIn = sought == .outgoing ? .certain : .any
        for (port, listeners) in Dictionary(grouping: scene.listeners, by: { $0.key.port }) {
            let lives = Dictionary(uniqueKeysWithValues: listeners.map { ($0.key, $0.value) })
            for gap in ListenerGaps(lives, period: scene.period).gaps(standIn: standIn) {
                indices[port, default: []].append(occupied.count)
                occupied.append(Occupied(gap: gap))
            }
        }
    }

    /// The gaps.
    var gaps: [ListenerGap] { occupied.map(\.gap) }
    /// The ports on which there was a gap.
    var ports: Set<PortKey> { Set(indices.keys) }

    /// Takes note of an interval if its socket stood in a gap.
    mutating func insert(_ interval: SocketInterval) {
        guard isSought(interval) else { return }
        let port = PortKey(
            namespace: interval.namespace, transport: interval.table.transport, port: interval.local.port)
        for index in indices[port] ?? [] {
            let gap = occupied[index].gap
            if gap.samples.lowerBound > interval.last { break }
            if gap.samples.upperBound >= interval.first, gap.isBlocked(by: interval.local.address) {
                occupied[index].sockets.insert(interval)
            }
        }
    }

    private func isSought(_ interval: SocketInterval) -> Bool {
        switch sought {
        case .outgoing: interval.role == .outgoing && interval.table.transport == .tcp
        case .acceptedTimeWait: interval.role == .accepted && interval.state == .timeWait
        }
    }

    /// The gaps in which somebody stood, by what their listener had claimed; those of one key in the order of their samples.
    var byKey: [BindKey: [Occupied]] {
        Dictionary(grouping: occupied.filter { !$0.sockets.lives.isEmpty }, by: { $0.gap.key })
    }

    /// The numbers of the holders of all sockets found.
    var holders: Set<Int> {
        Set(occupied.lazy.flatMap { $0.sockets.lives.lazy.flatMap(\.holders) })
    }
}

extension [GapOccupants.Occupied] {
    /// The samples in which somebody stood in one of the gaps.
    var occupiedSamples: SampleSpans {
        SampleSpans(flatMap { occupied in occupied.sockets.lives.map { $0.samples.clamped(to: occupied.gap.samples) } })
    }
}
