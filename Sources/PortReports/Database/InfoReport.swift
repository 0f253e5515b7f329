import PortHistory
import PortModel

/// What is in a database's file, and what it takes.
public struct InfoReport: Encodable, Sendable {
    /// `database info`.
    public var command = "database info"
    /// The file.
    public var path: String
    /// What it takes with its companions, in bytes.
    public var bytes: Int64
    /// What the file itself takes.
    public var fileBytes: Int64
    /// What its write-ahead log takes.
    public var logBytes: Int64
    /// What the index of that takes.
    public var indexBytes: Int64
    /// What all of it may take; `nil` without a budget.
    @ExplicitNull public var budgetBytes: Int64?
    /// The bytes of a page.
    public var pageSize: Int
    /// How many pages the file has.
    public var pages: Int
    /// How many of them hold nothing.
    public var freePages: Int
    /// The number of its schema.
    public var schema: Int
    /// How far back full resolution reaches.
    @ExplicitNull public var firstSampleAt: Timestamp?
    /// How far back minutes reach.
    @ExplicitNull public var minutesSince: Timestamp?
    /// How far back hours reach.
    @ExplicitNull public var hoursSince: Timestamp?
    /// How far back days reach.
    @ExplicitNull public var daysSince: Timestamp?
    /// The tables, the largest first.
    public var tables: [Table]
    /// 0: all tables are listed.
    public var omitted = 0

    private enum CodingKeys: String, CodingKey {
        case command, path, bytes, pages, schema, tables, omitted
        case fileBytes = "file_bytes"
        case logBytes = "wal_bytes"
        case indexBytes = "shm_bytes"
        case budgetBytes = "budget_bytes"
        case pageSize = "page_size"
        case freePages = "free_pages"
        case firstSampleAt = "first_sample_at"
        case minutesSince = "minutes_since"
        case hoursSince = "hours_since"
        case daysSince = "days_since"
    }

    /// A table with its indexes.
    public struct Table: Hashable, Sendable, Encodable {
        /// Its name.
        public var name: String
        /// What it is for.
        public var kind: String
        /// How many rows it has.
        public var rows: Int
        /// What it takes, in bytes; `nil` where SQLite cannot tell.
        @ExplicitNull public var bytes: Int64?
        /// What a row takes of that; `nil` without any.
        @ExplicitNull public var bytesPerRow: Double?

        private enum CodingKeys: String, CodingKey {
            case name, kind, rows, bytes
            case bytesPerRow = "bytes_per_row"
        }

        init(_ size: TableSize) {
            name = size.name
            kind = size.kind.rawValue
            rows = size.rows
            bytes = size.bytes
            bytesPerRow = size.rows == 0 ? nil : size.bytes.map { (Double($0) / Double(size.rows) * 10).rounded() / 10 }
        }
    }

    /// Looks at a history, table by table, each in a transaction of its own.
    public static func make(_ reader: HistoryReader) throws -> InfoReport {
        let tables = try TableSize.all(of: reader).map(Table.init)
        let sizes = FileSizes(of: reader.path)
        return try reader.read { view in
            let (use, reach) = (try view.pageUse(), try view.reach())
            return InfoReport(
                path: reader.path, bytes: sizes.total, fileBytes: sizes.file, logBytes: sizes.log,
                indexBytes: sizes.index, budgetBytes: try view.setting("budget_bytes"), pageSize: use.size,
                pages: use.count, freePages: use.free, schema: view.schema, firstSampleAt: reach.samples,
                minutesSince: reach.minutes, hoursSince: reach.hours, daysSince: reach.days,
                tables: tables.sorted { ($0.bytes ?? 0, $1.name) > ($1.bytes ?? 0, $0.name) })
        }
    }
}
