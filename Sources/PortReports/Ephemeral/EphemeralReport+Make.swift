import PortHistory
import PortModel

extension EphemeralReport {
    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: EphemeralQuery) throws -> EphemeralReport {
        let period = try Period(view, query.period)
        let figures = try EphemeralFigures(view, period, query.filter)
        let sorted = figures.sorted
        let shown = sorted.limited(to: query.limit)
        // One that is gone had destinations in the period, and has no ports now.
        let present = Set(try view.namespaces(at: period.samples.upperBound).map(\.number))
        let now = figures.now.filter { present.contains($0.number) }
        return EphemeralReport(
            host: try view.host(), since: period.since, until: period.until, ranges: now.map(\.range),
            destinations: try figures.entries(shown, view), omitted: sorted.count - shown.count + figures.others,
            bind: now.flatMap { $0.pools(query.filter.transport) }.sorted {
                ($1.utilization, $0.namespace, $0.transport.rawValue)
                    < ($0.utilization, $1.namespace, $1.transport.rawValue)
            },
            series: try shown.first.map { try figures.series(of: $0.key, view) } ?? [])
    }
}
