import PortHistory
import PortModel

extension TimeWaitReport {
    /// How long before the period listeners are looked for, in milliseconds: they may have gone before the TIME_WAITs that
    /// they left.
    private static let lead: Int64 = 300_000

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: TimeWaitQuery) throws -> TimeWaitReport {
        let period = try Period(view, query.period)
        let samples = period.samples
        let start = period.times[samples.lowerBound]
        let lead = try view.samples(since: start - lead, until: start)?.lowerBound ?? samples.lowerBound
        var services = ListeningServices()
        var groups = TimeWaitGroups(period: samples)
        try view.intervals(in: min(lead, samples.lowerBound)...samples.upperBound, matching: query.filter) { interval in
            if interval.table.transport == .udp { return }
            if interval.isListener {
                services.insert(interval, end: samples.upperBound)
            } else if interval.state == .timeWait {
                groups.insert(interval)
            }
        }
        groups.finish(services)
        return try make(view, query, period, groups, services)
    }

    private static func make(
        _ view: HistoryView, _ query: TimeWaitQuery, _ period: Period, _ groups: TimeWaitGroups,
        _ services: ListeningServices
    ) throws -> TimeWaitReport {
        let shown = groups.sorted.limited(to: query.limit)
        let tallies = groups.tallies(of: shown)
        let highest = groups.counts.indices.reduce(0) { groups.counts[$1] > groups.counts[$0] ? $1 : $0 }
        let seconds = period.seconds
        return TimeWaitReport(
            host: try view.host(), since: period.since, until: period.until, now: groups.counts.last ?? 0,
            limit: try limit(view, query.filter, at: period.samples.upperBound),
            peak: SeriesPoint(
                at: period.times[period.samples.lowerBound + highest], count: groups.counts[highest]),
            enteredPerSecond: seconds > 0 ? Double(groups.entered) / seconds : 0,
            series: SeriesPoint.series(of: groups.counts, period.samples, period.times),
            groups: try shown.map { index in
                try group(groups.groups[index], tallies[index], services, period.times, view)
            },
            omitted: groups.groups.count - shown.count)
    }

    private static func group(
        _ group: TimeWaitGroups.Group, _ tally: OwnerTally?, _ services: ListeningServices, _ times: SampleTimes,
        _ view: HistoryView
    ) throws -> Group {
        let key = group.key
        var owners = try tally?.summary(view.holder) ?? .init()
        if owners.owners.isEmpty, key.role == .server,
            let listener = services.owners(key.namespace, key.localAddress, key.localPort)
        {
            owners = try listener.summary(view.holder)
            if !owners.owners.isEmpty { owners.attribution = .inferred }
        }
        return Group(
            namespace: try view.namespaceName(key.namespace), role: key.role,
            localAddress: key.localAddress.description, localPort: key.role == .server ? key.localPort : nil,
            remoteAddress: key.remote?.address.description, remotePort: key.remote?.port, owners: owners.owners,
            ownersOmitted: owners.omitted, attribution: owners.attribution.name, now: group.now, peak: group.peak,
            peakAt: times[group.peakSample])
    }

    /// `tcp_max_tw_buckets` of the namespace asked for, else of the recorder's own; `nil` where it is not known.
    private static func limit(_ view: HistoryView, _ filter: SocketFilter, at sample: Int) throws -> Int? {
        let wanted = filter.namespace ?? Snapshot.hostNamespace
        return try view.limits(in: sample...sample).last { try view.namespaceName($0.namespace) == wanted }?.limits
            .maxTimeWait
    }
}
