import PortHistory
import PortModel

/// What the conflicts of a period are found in: its listeners and UDP sockets, and the limits and holders they had.
///
/// Everything is in memory and nothing is asked of the database any more: a finder is a pure function of the scene.
struct ConflictScene: Sendable {
    /// The samples of the period.
    let period: ClosedRange<Int>
    /// The TCP listeners of the period and of the hour before, by what they claimed, in the order of their first samples.
    let listeners: [BindKey: [SocketLife]]
    /// The same for UDP sockets, with and without a peer.
    let datagrams: [BindKey: [SocketLife]]
    /// The holders of all sockets of the scene.
    var holders: [Int: Holder]
    /// The names of all namespaces of the scene.
    let namespaces: [Int: String]
    /// The samples that are the first of a boot.
    let boots: Set<Int>
    /// Whether the period's last sample is the newest one: what stood there may be taken to stand there still.
    let isCurrent: Bool
    private let limits: [Int: [LimitsChange]]

    /// A scene of what was read; `lives` are TCP listeners and UDP sockets.
    init(
        period: ClosedRange<Int>, lives: [SocketLife], limits: [LimitsChange] = [], holders: [Int: Holder] = [:],
        namespaces: [Int: String] = [:], boots: Set<Int> = [], isCurrent: Bool = true
    ) {
        self.period = period
        self.holders = holders
        self.namespaces = namespaces
        self.boots = boots
        self.isCurrent = isCurrent
        self.limits = Dictionary(grouping: limits.sorted { $0.sample < $1.sample }, by: \.namespace)
        let byKey = Dictionary(grouping: lives, by: { BindKey($0.newest) })
            .mapValues { lives in
                // Every finder asks whose a socket was: that is looked up once.
                Self.joinByInode(lives, boots: boots).map { life in
                    var life = life
                    life.identity = ProgramIdentity(life.holders.lazy.compactMap { holders[$0] })
                    return life
                }
            }
        listeners = byKey.filter { $0.key.transport == .tcp }
        datagrams = byKey.filter { $0.key.transport == .udp }
    }

    /// What held in a namespace over the samples of the period that are in `range`, piece by piece.
    func limits(of namespace: Int, in range: ClosedRange<Int>) -> [(samples: ClosedRange<Int>, limits: PortLimits)] {
        let changes = limits[namespace] ?? []
        var result: [(samples: ClosedRange<Int>, limits: PortLimits)] = []
        for (index, change) in changes.enumerated() {
            // What was in force first was so before, too.
            let from = index == 0 ? range.lowerBound : max(range.lowerBound, change.sample)
            let to = index + 1 < changes.count ? min(range.upperBound, changes[index + 1].sample - 1) : range.upperBound
            if from <= to { result.append((from...to, change.limits)) }
        }
        return result
    }

    /// The limits of a namespace at the end of the period.
    func newestLimits(of namespace: Int) -> PortLimits {
        limits(of: namespace, in: period.upperBound...period.upperBound).last?.limits ?? PortLimits()
    }

    /// Whose a socket was over its life.
    func identity(of life: SocketLife) -> ProgramIdentity {
        life.identity ?? ProgramIdentity(life.holders.lazy.compactMap { holders[$0] })
    }

    /// Whose some sockets were, taken together.
    func identity(of lives: some Sequence<SocketLife>) -> ProgramIdentity {
        var rest = lives.makeIterator()
        if let only = rest.next(), rest.next() == nil { return identity(of: only) }
        return ProgramIdentity(lives.lazy.flatMap(\.holders).compactMap { holders[$0] })
    }

    private struct Identity: Hashable {
        var inode: UInt64
        var peer: Endpoint?
    }

    /// One socket can come in several lives: a dump skipped its row, the recorder was started anew. Its inode is still the
    /// same then, unless the host was. A UDP socket that gets another peer goes on as another life.
    private static func joinByInode(_ lives: [SocketLife], boots: Set<Int>) -> [SocketLife] {
        var result: [SocketLife] = []
        var newest: [Identity: Int] = [:]
        for life in lives.sorted(by: { ($0.first, $0.last) < ($1.first, $1.last) }) {
            let identity = Identity(inode: life.newest.inode, peer: life.peer)
            if identity.inode != 0, let index = newest[identity],
                !boots.contains(where: { result[index].last < $0 && $0 <= life.first })
            {
                result[index].join(life)
            } else {
                newest[identity] = result.count
                result.append(life)
            }
        }
        return result
    }
}

extension SocketLife {
    /// Whom a UDP socket is connected to; `nil` without a peer, and of a listener.
    var peer: Endpoint? { newest.isListener ? nil : newest.remote }
}
