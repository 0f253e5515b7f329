import PortHistory
import PortModel

/// What a period tells about TIME_WAIT, put together from the samples that are read one by one and from minutes, hours and days.
struct TimeWaitFigures {
    /// A destination or a service.
    struct Group {
        /// Sockets at the last sample.
        var now = 0
        /// The most at once, and when that was first.
        var peak = SeriesPeak(level: 0, capacity: 0, at: 0)
        /// Who left them, as far as samples tell.
        var owners = OwnerTally()
        /// Whose socket came last, as rollups have it; 0: unknown.
        var holder = 0
    }

    /// How many there were.
    private(set) var timeline = Timeline()
    /// The groups.
    private(set) var groups: [TimeWaitGroups.Key: Group] = [:]
    /// Sockets that came into TIME_WAIT.
    private(set) var entered = 0
    /// Destinations that have no group of their own.
    private(set) var others = 0
    /// The listeners of the samples that were read.
    private(set) var services = ListeningServices()

    /// How long before some samples listeners are looked for, in milliseconds: they may have gone before the TIME_WAITs that they left.
    private static let lead: Int64 = 300_000

    private let grouping: TimeWaitGrouping
    private var owners: [Int: TimeWaitGroups.OwnerKey?] = [:]

    /// Reads a period.
    init(_ view: HistoryView, _ period: Period, _ filter: SocketFilter, _ grouping: TimeWaitGrouping = .ends) throws {
        self.grouping = grouping
        // What one program has towards several destinations no rollup adds up: it is read wherever it is kept.
        let resolution = try Resolution(view, period.samples, isInFull: grouping == .owner)
        for range in resolution.samples { try add(range, of: period.samples, view, filter) }
        if resolution.usesRollups { try add(resolution.cover, period, view, filter) }
        timeline.sort()
    }

    private mutating func add(
        _ samples: ClosedRange<Int>, of period: ClosedRange<Int>, _ view: HistoryView, _ filter: SocketFilter
    ) throws {
        let times = try view.times(of: samples)
        let start = times[samples.lowerBound]
        let lead = try view.samples(since: start - Self.lead, until: start)?.lowerBound ?? samples.lowerBound
        var listeners = ListeningServices()
        try view.listeners(in: min(lead, samples.lowerBound)...samples.upperBound, matching: filter) { listener in
            if listener.table.transport == .udp { return }
            listeners.insert(listener, end: samples.upperBound)
            services.insert(listener, end: samples.upperBound)
        }
        var found = TimeWaitGroups(period: samples)
        if grouping == .owner {
            try view.intervals(in: samples, matching: filter) { interval in
                if interval.state == .timeWait { try noteOwner(interval.holder, view) }
            }
            let owners = owners
            found = TimeWaitGroups(period: samples) { socket in
                .init(
                    namespace: socket.namespace, localAddress: .anyIPv4, owner: owners[socket.holder].flatMap { $0 })
            }
        }
        try view.intervals(in: samples, matching: filter) { interval in
            if interval.state == .timeWait, interval.table.transport == .tcp { found.insert(interval) }
        }
        found.finish(listeners)
        timeline.add(found.counts, from: samples.lowerBound, times)
        entered += found.entered
        let isEnd = samples.upperBound == period.upperBound
        let tallies = found.tallies(of: found.groups.indices, end: period.upperBound)
        for (index, group) in found.groups.enumerated() {
            var entry = groups[group.key] ?? Group()
            entry.now = isEnd ? group.now : entry.now
            entry.raise(SeriesPeak(level: group.peak, capacity: 0, at: times[group.peakSample].milliseconds))
            if let tally = tallies[index] { entry.owners.join(tally) }
            groups[group.key] = entry
        }
    }

    private mutating func add(
        _ cover: RollupCover, _ period: Period, _ view: HistoryView, _ filter: SocketFilter
    ) throws {
        let namespace = try filter.namespace.map { try view.namespaceNumber($0) ?? .max }
        let total = SeriesSubject.timeWait(namespace: namespace)
        let isToEnd = cover.samples.upperBound == period.samples.upperBound
        let fine = try view.cover(cover.samples, coarsest: Timeline.coarsest(for: period))
        if filter.transport != .udp { timeline.add(fine, try view.highest(of: total, in: fine)) }
        let kinds: Set<SeriesKind> = [.state, .serviceTimeWait, .destinationTimeWait, .otherDestinations]
        for summary in try view.summaries(of: kinds, in: cover, matching: filter) {
            switch summary.subject.kind {
            case .state: if summary.subject == total { entered += summary.opened }
            case .otherDestinations: others += summary.before + summary.opened
            default:
                guard var key = TimeWaitGroups.Key(summary.subject) else { continue }
                if grouping == .owner {
                    try noteOwner(summary.holder, view)
                    key = .init(
                        namespace: key.namespace, localAddress: .anyIPv4, owner: owners[summary.holder].flatMap { $0 })
                }
                var entry = groups[key] ?? Group()
                if isToEnd { entry.now = grouping == .owner ? entry.now + summary.level : summary.level }
                entry.raise(summary.peak)
                entry.holder = summary.holder
                groups[key] = entry
            }
        }
    }

    /// How many there are at the last sample.
    var now: Int { groups.values.reduce(0) { $0 + $1.now } }

    private mutating func noteOwner(_ holder: Int, _ view: HistoryView) throws {
        if owners[holder] != nil { return }
        owners[holder] = .some(holder > 0 ? TimeWaitGroups.OwnerKey(try view.holder(holder)) : nil)
    }

    /// The groups that are asked for, the one with most sockets now first, then the one with the highest peak.
    var sorted: [(key: TimeWaitGroups.Key, value: Group)] {
        let role: TimeWaitReport.Role? = grouping == .destination ? .client : grouping == .service ? .server : nil
        return groups.filter { role == nil || $0.key.role == role }.sorted { a, b in
            if (a.value.now, a.value.peak.level) != (b.value.now, b.value.peak.level) {
                return (a.value.now, a.value.peak.level) > (b.value.now, b.value.peak.level)
            }
            return a.key < b.key
        }
    }
}

extension TimeWaitFigures.Group {
    /// Takes a peak in; of equally high ones the first counts.
    fileprivate mutating func raise(_ other: SeriesPeak) {
        if other.level > peak.level || (other.level == peak.level && other.at < peak.at) { peak = other }
    }
}

extension TimeWaitGroups.Key {
    /// The group that a series counts; `nil` for what has no series of its own.
    init?(_ subject: SeriesSubject) {
        guard let address = subject.localAddress else { return nil }
        let isService = subject.kind == .serviceTimeWait
        self.init(
            namespace: subject.namespace, role: isService ? .server : .client, localAddress: address,
            localPort: subject.localPort, remote: isService ? nil : subject.remote)
    }
}
