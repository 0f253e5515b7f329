import PortHistory
import PortModel

/// The sockets that stood on the port of a listener while it was gone.
struct GapOccupants: Sendable {
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
    private let role: ConnectionRole
    private let state: SocketState?

    /// Looks for TCP sockets of a role, in one state or in any, in the gaps of a scene's listeners.
    init(of scene: ConflictScene, standIn: ListenerGaps.StandIn, role: ConnectionRole, state: SocketState? = nil) {
        self.role = role
        self.state = state
        for (port, listeners) in Dictionary(grouping: scene.listeners, by: { $0.key.port }) {
            let lives = Dictionary(uniqueKeysWithValues: listeners.map { ($0.key, $0.value) })
            for gap in ListenerGaps(lives, period: scene.period).gaps(standIn: standIn) {
                indices[port, default: []].append(occupied.count)
                occupied.append(Occupied(gap: gap))
            }
        }
    }

    /// The ports on which there was a gap.
    var ports: Set<PortKey> { Set(indices.keys) }

    /// Takes note of an interval if its socket stood in a gap.
    mutating func insert(_ interval: SocketInterval) {
        guard interval.role == role, state == nil || interval.state == state, !interval.isListener else { return }
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

    /// The gaps in which somebody stood, by what their listener had claimed; those of one key in the order of their samples.
    var byKey: [BindKey: [Occupied]] {
        Dictionary(grouping: occupied.filter { !$0.sockets.lives.isEmpty }, by: { $0.gap.key })
    }

    /// The numbers of the holders of all sockets found.
    var holders: Set<Int> {
        Set(occupied.lazy.flatMap { $0.sockets.lives.lazy.flatMap(\.holders) })
    }
}
