import PortHistory
import PortModel

/// The alerts that lasted at some moment of a period, the oldest first.
public struct AlertExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period: all that is kept is told.
    public let keptSince: Timestamp? = nil
    private let period: Period
    private let filter: SocketFilter
    private var last = 0

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        period = try Period(view, query.period)
        filter = query.filter
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<AlertDocument> {
        let rows = try view.alerts(
            since: period.since, until: period.until, matching: filter, after: last, limit: limit.rows)
        last = rows.last?.id ?? last
        return ExportPage(rows: rows.map { AlertDocument($0) }, isLast: rows.count < limit.rows)
    }
}
