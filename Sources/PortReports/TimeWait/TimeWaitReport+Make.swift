import PortHistory
import PortModel

extension TimeWaitReport {
    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: TimeWaitQuery) throws -> TimeWaitReport {
        let period = try Period(view, query.period)
        let figures = try TimeWaitFigures(view, period, query.filter, query.grouping)
        let sorted = figures.sorted
        let shown = sorted.limited(to: query.limit)
        let seconds = period.seconds
        return TimeWaitReport(
            host: try view.host(), since: period.since, until: period.until,
            now: figures.now,
            limit: try limit(view, query.filter, at: period.samples.upperBound),
            peak: figures.timeline.peak ?? SeriesPoint(at: period.until, count: 0),
            enteredPerSecond: seconds > 0 ? Double(figures.entered) / seconds : 0, series: figures.timeline.series,
            groups: try shown.map { key, group in try self.group(key, group, figures.services, view, by: period.until)
            },
            omitted: sorted.count - shown.count + figures.others)
    }

    private static func group(
        _ key: TimeWaitGroups.Key, _ group: TimeWaitFigures.Group, _ services: ListeningServices, _ view: HistoryView,
        by end: Timestamp
    ) throws -> Group {
        var owners = try group.owners.summary(view.holder)
        if owners.owners.isEmpty, group.holder > 0 {
            owners = try .init(last: view.holder(group.holder), by: end)
        }
        if owners.owners.isEmpty, key.role == .server,
            let listener = services.owners(key.namespace, key.localAddress, key.localPort),
            try listener.isOneProgram(view.holder)
        {
            owners = try listener.summary(view.holder)
            if !owners.owners.isEmpty { owners.attribution = .inferred }
        }
        return Group(
            namespace: try view.namespaceName(key.namespace), role: key.role,
            localAddress: key.role == nil ? nil : key.localAddress.description,
            localPort: key.role == .server ? key.localPort : nil,
            remoteAddress: key.remote?.address.description, remotePort: key.remote?.port, owners: owners.owners,
            ownersOmitted: owners.omitted, attribution: owners.attribution.name, now: group.now,
            peak: group.peak.level, peakAt: Timestamp(milliseconds: group.peak.at))
    }

    /// `tcp_max_tw_buckets` of the namespace asked for, else of the recorder's own; `nil` where it is not known.
    private static func limit(_ view: HistoryView, _ filter: SocketFilter, at sample: Int) throws -> Int? {
        let wanted = filter.namespace ?? Snapshot.hostNamespace
        return try view.limits(in: sample...sample).last { try view.namespaceName($0.namespace) == wanted }?.limits
            .maxTimeWait
    }
}
