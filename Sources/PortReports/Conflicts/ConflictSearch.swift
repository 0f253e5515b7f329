import PortHistory
import PortModel

/// Reads from a history what the finders need, and no more: first the listeners and UDP sockets, then the other sockets on
/// ports whose listener was gone for a while.
struct ConflictSearch {
    /// For how long before the period a listener that has gone is remembered: an hour, in milliseconds.
    static let memory: Int64 = 3_600_000
    /// Up to how many ports are asked for one by one; beyond that everything is read once.
    private static let seekLimit = 16

    private let view: HistoryView
    private let period: Period
    private let filter: SocketFilter

    /// A search of a period.
    init(_ view: HistoryView, _ period: Period, _ filter: SocketFilter) {
        self.view = view
        self.period = period
        self.filter = filter
    }

    /// All conflicts, in no order.
    func findings() throws -> [ConflictFinding] {
        var scene = try scene()
        var thieves = GapOccupants(.outgoing, in: scene)
        var remains = GapOccupants(.acceptedTimeWait, in: scene)
        try forEachInterval(on: thieves.ports.union(remains.ports)) { interval in
            thieves.insert(interval)
            remains.insert(interval)
        }
        for holder in thieves.holders.union(remains.holders) { scene.holders[holder] = try view.holder(holder) }
        return Self.findings(in: scene, thieves: thieves, remains: remains)
    }

    /// What all finders find.
    static func findings(in scene: ConflictScene, thieves: GapOccupants, remains: GapOccupants) -> [ConflictFinding] {
        PortStolen.findings(in: scene, thieves: thieves) + HeldByTimeWait.findings(in: scene, remains: remains)
            + ReuseportStrangers.findings(in: scene) + ShadowedListener.findings(in: scene)
            + ListenerInRange.findings(in: scene) + OwnershipChange.findings(in: scene)
            + FlappingListener.findings(in: scene) + UDPShared.findings(in: scene)
    }

    private func scene() throws -> ConflictScene {
        let before = try view.samples(since: period.since - Self.memory, until: period.since)
        let samples = (before?.lowerBound ?? period.samples.lowerBound)...period.samples.upperBound
        var found = SocketLives()
        try view.intervals(in: samples, matching: filter) { interval in
            if interval.isListener || interval.table.transport == .udp { found.insert(interval) }
        }
        var holders: [Int: Holder] = [:]
        var namespaces: [Int: String] = [:]
        for life in found.lives {
            for holder in life.holders where holders[holder] == nil { holders[holder] = try view.holder(holder) }
            let namespace = life.newest.namespace
            if namespaces[namespace] == nil { namespaces[namespace] = try view.namespaceName(namespace) }
        }
        return ConflictScene(
            period: period.samples, lives: found.lives, limits: try view.limits(in: period.samples), holders: holders,
            namespaces: namespaces, boots: try boots(in: samples),
            isCurrent: try view.newestSample()?.number == period.samples.upperBound)
    }

    /// The samples that are the first of a boot. Within a boot both clocks go on alike but for small corrections.
    private func boots(in samples: ClosedRange<Int>) throws -> Set<Int> {
        let times = try view.times(of: samples)
        var boots = Set<Int>()
        for sample in samples.dropFirst() {
            let wall = times[sample] - times[sample - 1]
            let boot = times.bootClock(sample) - times.bootClock(sample - 1)
            if abs(wall - boot) < 1000 { continue }
            if try view.sample(sample)?.bootID != view.sample(sample - 1)?.bootID { boots.insert(sample) }
        }
        return boots
    }

    private func forEachInterval(on ports: Set<PortKey>, _ body: (SocketInterval) -> Void) throws {
        let numbers = Set(ports.map(\.port))
        if numbers.isEmpty { return }
        var filter = filter
        filter.transport = .tcp
        if filter.localPort == nil, numbers.count > Self.seekLimit {
            return try view.intervals(in: period.samples, matching: filter) { interval in
                if numbers.contains(interval.local.port) { body(interval) }
            }
        }
        for port in numbers.sorted() {
            filter.localPort = port
            try view.intervals(in: period.samples, matching: filter, body)
        }
    }
}
