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
        let resolution = try Resolution(view, period.samples)
        var scene = try scene(isLong: resolution.usesRollups)
        var thieves = GapOccupants(.outgoing, in: scene)
        var remains = GapOccupants(.acceptedTimeWait, in: scene)
        let take: (SocketInterval) -> Void = { interval in
            thieves.insert(interval)
            remains.insert(interval)
        }
        if resolution.usesRollups {
            let gaps = LongGaps(view, resolution, filter)
            try gaps.forEachInterval(thieves: thieves.gaps, remains: remains.gaps, take)
        } else {
            try forEachInterval(on: thieves.ports.union(remains.ports), take)
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

    private func scene(isLong: Bool) throws -> ConflictScene {
        let before = try view.samples(since: period.since - Self.memory, until: period.since)
        let samples = (before?.lowerBound ?? period.samples.lowerBound)...period.samples.upperBound
        var found = SocketLives()
        let take: (SocketInterval) -> Void = { interval in
            if interval.isListener || interval.table.transport == .udp { found.insert(interval) }
        }
        // UDP clients on ports of their own are in nobody's way: over a long period only the others are read.
        if isLong {
            try view.listeners(in: samples, matching: filter, take)
        } else {
            try view.intervals(in: samples, matching: filter, take)
        }
        let holders = try holders(of: found.lives, isLong)
        var namespaces: [Int: String] = [:]
        for number in Set(found.lives.lazy.map(\.newest.namespace)) {
            namespaces[number] = try view.namespaceName(number)
        }
        return ConflictScene(
            period: period.samples, lives: found.lives, limits: try view.limits(in: period.samples), holders: holders,
            namespaces: namespaces, boots: try view.bootStarts(in: samples),
            isCurrent: try view.newestSample()?.number == period.samples.upperBound)
    }

    /// The holders of sockets. A listener that forks has thousands in a month: over a long period it is the newest that counts, or the
    /// first where that is not known.
    private func holders(of lives: [SocketLife], _ isLong: Bool) throws -> [Int: Holder] {
        var wanted = Set(lives.lazy.flatMap { isLong ? [$0.newest.holder] : $0.holders })
        var holders = [Int: Holder](minimumCapacity: wanted.count)
        // In the order of their numbers they lie one after another.
        for number in wanted.sorted() { holders[number] = try view.holder(number) }
        if !isLong { return holders }
        wanted = Set(lives.lazy.filter { holders[$0.newest.holder]?.ownership == .unknown }.map(\.firstHolder))
        for number in wanted.sorted() where holders[number] == nil { holders[number] = try view.holder(number) }
        return holders
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
