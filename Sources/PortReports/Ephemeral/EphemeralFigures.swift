import PortHistory
import PortModel

/// What a period tells about ephemeral ports, put together from the samples that are read one by one and from minutes, hours and days.
///
/// What is current, and where it is going, is seen in the last minutes of the period, which are replayed. The worst moments before come
/// from the rollups.
struct EphemeralFigures {
    /// A destination of a namespace.
    struct Key: Hashable {
        var namespace: Int
        var destination: PortModel.Destination
    }

    /// What is known of a destination.
    struct Found {
        /// Its ports at the last sample.
        var use: DestinationUse
        /// The worst moment of the period; the time is of the wall clock.
        var peak: SeriesPeak
        /// Whose socket came last, as rollups have it; 0: unknown.
        var holder = 0
    }

    /// The namespaces of the period as they are at the last sample, also those that are gone then; the recorder's own first.
    private(set) var now: [any CurrentPorts] = []
    /// The destinations with a socket in the period.
    private(set) var found: [Key: Found] = [:]
    /// Destinations that share one series.
    private(set) var others = 0
    private let period: Period
    private let resolution: Resolution
    /// What was replayed, range by range.
    private var replays: [[EphemeralNamespace]] = []

    /// Reads a period.
    init(_ view: HistoryView, _ period: Period, _ filter: SocketFilter) throws {
        self.period = period
        resolution = try Resolution(view, period.samples, tail: try Self.tail(view, period))
        for range in resolution.samples { replays.append(try EphemeralSearch(view, range, filter).namespaces()) }
        if let last = resolution.samples.last, last.upperBound == period.samples.upperBound {
            now = replays.last ?? []
        } else {
            now = try RolledUpPorts.namespaces(view, period.samples.upperBound, resolution.cover, filter)
        }
        for namespace in replays.joined() {
            for (destination, peak) in namespace.peaks() {
                raise(Key(namespace: namespace.number, destination: destination), peak)
            }
        }
        if resolution.usesRollups, filter.transport != .udp { try addRollups(view, filter) }
    }

    /// The first sample of what a trend is seen in: five minutes, or three samples where these take longer.
    private static func tail(_ view: HistoryView, _ period: Period) throws -> Int {
        let end = period.samples.upperBound
        let start = try view.time(of: end) - UsageTrend.window
        let first = try view.samples(since: start, until: period.until)?.lowerBound ?? end
        return max(period.samples.lowerBound, min(first, end - 2))
    }

    private mutating func addRollups(_ view: HistoryView, _ filter: SocketFilter) throws {
        for summary in try view.summaries(
            of: [.destinationUsed, .otherDestinations], in: resolution.cover, matching: filter)
        {
            if summary.subject.kind == .otherDestinations { others += summary.before + summary.opened }
            guard let destination = summary.subject.destination else { continue }
            let key = Key(namespace: summary.subject.namespace, destination: destination)
            raise(key, summary.peak)
            found[key]?.holder = summary.holder
        }
    }

    private mutating func raise(_ key: Key, _ peak: SeriesPeak) {
        guard var known = found[key] else {
            guard let ports = now.first(where: { $0.number == key.namespace }) else { return }
            found[key] = Found(use: ports.use(of: key.destination), peak: peak)
            return
        }
        if peak.isWorse(than: known.peak) { known.peak = peak }
        found[key] = known
    }

    /// The destinations, the worst first.
    var sorted: [(key: Key, value: Found)] {
        let names = Dictionary(uniqueKeysWithValues: now.map { ($0.number, $0.name) })
        return found.sorted { a, b in
            let (x, y) = (a.value, b.value)
            let mine = (x.use.utilization, x.use.used, x.peak.utilization, x.peak.level)
            let others = (y.use.utilization, y.use.used, y.peak.utilization, y.peak.level)
            if mine != others { return mine > others }
            if a.key.destination != b.key.destination { return a.key.destination < b.key.destination }
            return names[a.key.namespace] ?? "" < names[b.key.namespace] ?? ""
        }
    }

    /// The entries of some destinations.
    func entries(
        _ shown: ArraySlice<(key: Key, value: Found)>, _ view: HistoryView
    ) throws -> [EphemeralReport.Destination] {
        var details: [Int: [PortModel.Destination: (owners: OwnerTally, trend: UsageTrend?)]] = [:]
        for namespace in now {
            let wanted = shown.lazy.filter { $0.key.namespace == namespace.number }.map(\.key.destination)
            details[namespace.number] = namespace.details(of: Array(wanted))
        }
        return try shown.compactMap { key, found in
            guard let namespace = now.first(where: { $0.number == key.namespace }) else { return nil }
            let known = details[key.namespace]?[key.destination]
            var owners = try known?.owners.summary(view.holder) ?? .init()
            if owners.owners.isEmpty, found.holder > 0 {
                owners = try .init(last: view.holder(found.holder), by: period.until)
            }
            return EphemeralReport.Destination(
                key.destination, found, namespace, owners, known?.trend,
                end: try view.time(of: period.samples.upperBound))
        }
    }

    /// The ports used towards a destination over the period.
    func series(of key: Key, _ view: HistoryView) throws -> [SeriesPoint] {
        var timeline = Timeline()
        for namespace in replays.joined() where namespace.number == key.namespace {
            namespace.addUse(of: key.destination, to: &timeline)
        }
        if resolution.usesRollups {
            let cover = try view.cover(resolution.cover.samples, coarsest: Timeline.coarsest(for: period))
            let subject = SeriesSubject.portsUsed(towards: key.destination, namespace: key.namespace)
            timeline.add(cover, try view.highest(of: subject, in: cover))
        }
        timeline.sort()
        return timeline.series
    }
}

extension SeriesPeak {
    /// Used of the capacity, 0 to 1; 1 without any capacity.
    var utilization: Double { capacity == 0 ? 1 : Double(level) / Double(capacity) }

    /// Whether it is a higher utilization, the same with more ports, or the same earlier.
    fileprivate func isWorse(than other: SeriesPeak) -> Bool {
        if (utilization, level) != (other.utilization, other.level) {
            return (utilization, level) > (other.utilization, other.level)
        }
        return at < other.at
    }
}

extension EphemeralReport.Destination {
    /// The entry of a destination.
    init(
        _ destination: PortModel.Destination, _ found: EphemeralFigures.Found, _ ports: any CurrentPorts,
        _ owners: OwnerTally.Summary, _ trend: UsageTrend?, end: Timestamp
    ) {
        let (use, peak) = (found.use, found.peak)
        self.init(
            namespace: ports.name, family: destination.family, localAddress: destination.local.description,
            remoteAddress: destination.remote.description, remotePort: destination.remotePort, owners: owners.owners,
            ownersOmitted: owners.omitted, capacity: use.capacity, used: use.used, reusable: use.reusable,
            free: use.free, utilization: use.utilization, certain: ports.isCertain, slowConnect: use.slowConnect,
            peak: EphemeralReport.Peak(
                used: peak.level, utilization: peak.utilization, at: Timestamp(milliseconds: peak.at)),
            portsPerMinute: (trend?.portsPerMinute).map { ($0 * 100).rounded() / 100 },
            exhaustedAt: (trend?.exhaustedAfter).map { end + $0 })
    }
}
