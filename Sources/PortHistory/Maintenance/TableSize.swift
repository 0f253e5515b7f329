import GRDB

/// One table of a history: what it is for, how many rows it has, and what it takes.
public struct TableSize: Hashable, Sendable {
    /// What a table is for.
    public enum Kind: String, CaseIterable, Sendable {
        /// One row a sample.
        case samples
        /// From when to when sockets stood.
        case intervals
        /// Minutes, hours and days, and what is counted in them.
        case rollups
        /// What other tables refer to by a number.
        case words
        /// Anything else.
        case other
    }

    /// The table.
    public var name: String
    /// What it is for.
    public var kind: Kind
    /// How many rows it has.
    public var rows: Int
    /// What it takes with its indexes, in bytes; `nil` where this SQLite cannot tell.
    public var bytes: Int64?

    /// Every table of a history, each measured in a transaction of its own.
    ///
    /// - Throws: ``HistoryError``.
    public static func all(of reader: HistoryReader) throws -> [TableSize] {
        let names = try reader.transaction(Self.names) + ["sqlite_schema"]
        return try names.map { name in try reader.transaction { try TableSize(name, $0) } }
    }

    /// The names of all tables but SQLite's own.
    static func names(_ database: Database) throws -> [String] {
        let sql =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
        return try String.fetchAll(database, sql: sql)
    }

    private init(_ name: String, _ database: Database) throws {
        self.name = name
        kind = Self.kind(of: name)
        do {
            // A table and its indexes are one tree of pages each. Without a rowid the inner pages have rows as well.
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT sum(pgsize), sum(CASE WHEN d.name = ?1 AND (pagetype = 'leaf' OR ?2) THEN ncell END)
                    FROM (SELECT name FROM sqlite_schema WHERE tbl_name = ?1 AND rootpage > 0 UNION SELECT ?1) t
                    CROSS JOIN dbstat d ON d.name = t.name
                    """,
                arguments: [name, try Self.hasNoRowID(name, database)])
            bytes = row?[0] ?? 0
            rows = row?[1] ?? 0
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            // SQLite was built without dbstat.
            bytes = nil
            rows = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(name.quotedDatabaseIdentifier)") ?? 0
        }
    }

    private static func hasNoRowID(_ name: String, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database, sql: "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", arguments: [name])
            ?? false
    }

    private static func kind(of name: String) -> Kind {
        switch name {
        case "sample": .samples
        case "interval", "listener_interval", "open_interval": .intervals
        case "bucket", "series", "series_now", "minute", "hour", "day": .rollups
        case "boot", "namespace", "namespace_life", "address", "flow", "program", "process", "holder", "limits": .words
        default: .other
        }
    }
}

extension HistoryView {
    /// How the pages of the file are used.
    public func pageUse() throws -> PageUse {
        func number(_ pragma: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0 }
        return PageUse(
            size: try number("page_size"), count: try number("page_count"), free: try number("freelist_count"))
    }
}

/// How the pages of a history's file are used.
public struct PageUse: Hashable, Sendable {
    /// The bytes of a page.
    public var size: Int
    /// How many pages there are.
    public var count: Int
    /// How many of them hold nothing, and will be used again.
    public var free: Int
}
