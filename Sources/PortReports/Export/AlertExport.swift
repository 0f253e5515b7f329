import PortHistory
import PortModel

/// An alert. This version records none.
public struct AlertRow: Hashable, Sendable, Encodable {}

/// The alerts of a period: none yet.
public struct AlertExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period.
    public let keptSince: Timestamp? = nil

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        _ = try Period(view, query.period)
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<AlertRow> {
        ExportPage(rows: [], isLast: true)
    }
}
