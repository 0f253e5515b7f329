import PortHistory
import PortModel

/// The rows of one table of a period, however many there are: read a page at a time, each page in a short transaction of its own.
///
/// It is of one moment, that of its beginning: what is recorded while it goes on is not in it.
public protocol Export {
    /// A row as JSON shows it.
    associatedtype Row: Encodable

    /// Begins an export, in the first transaction.
    ///
    /// - Throws: ``NoSampleError`` when the history has no sample in the period, or keeps nothing of it that the table could tell.
    init(_ view: HistoryView, _ query: ExportQuery) throws

    /// Where the table begins later than the period, because what is older is not kept: from when on it tells everything.
    var keptSince: Timestamp? { get }

    /// Reads the next page.
    mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<Row>
}

/// Some rows that follow each other.
public struct ExportPage<Row> {
    /// The rows; none where all that was read was filtered out.
    public var rows: [Row]
    /// Whether no other page follows.
    public var isLast: Bool
}

/// The part of a period whose samples are kept.
struct KeptPeriod {
    /// The samples.
    let samples: ClosedRange<Int>
    /// When the first of them was taken, where the period begins before it.
    let since: Timestamp?

    /// The part of a period.
    ///
    /// - Throws: ``NoSampleError`` when there is none.
    init(_ view: HistoryView, _ query: PeriodQuery) throws {
        let period = try Period(view, query)
        guard let oldest = try view.oldestSample(), let newest = try view.newestSample() else {
            throw NoSampleError.empty
        }
        if period.samples.upperBound < oldest.number {
            throw NoSampleError.rolledUp(
                period.until, kept: oldest.takenAt...max(oldest.takenAt, newest.takenAt))
        }
        samples = max(period.samples.lowerBound, oldest.number)...period.samples.upperBound
        since = period.samples.lowerBound < oldest.number ? oldest.takenAt : nil
    }
}
