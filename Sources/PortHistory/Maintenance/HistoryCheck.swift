import GRDB

/// Looks for what is wrong with a history: what SQLite finds in each table, and what portlog's tables say about each other. It
/// reads in short transactions, also while a recorder writes; only SQLite's own check of a table takes one for all of it.
public final class HistoryCheck {
    /// Something that is wrong.
    public struct Problem: Hashable, Sendable {
        /// In which table.
        public var table: String
        /// What.
        public var text: String
    }

    /// So many problems are told; the others are counted.
    public static let most = 100

    /// What is wrong, in the order in which it was found, each once.
    public private(set) var problems: [Problem] = []
    /// How many more problems there are.
    public private(set) var omitted = 0
    private var known: Set<Problem> = []
    private let reader: HistoryReader
    private let limit: PageLimit
    private let between: () throws -> Void
    /// The newest sample when the check began: what is recorded meanwhile is not looked at, so that it comes to an end.
    private(set) var newest = 0

    /// Checks a history.
    ///
    /// - Parameter between: happens after each transaction that reads rows.
    /// - Throws: ``HistoryError`` where it cannot be read for another reason than damage.
    public init(
        _ reader: HistoryReader, limit: PageLimit = PageLimit(rows: 50_000), between: @escaping () throws -> Void = {}
    ) throws {
        self.reader = reader
        self.limit = limit
        self.between = between
        try checkTables()
        guard let newest = try read("sample", { $0.newestNumber }) else { return }
        self.newest = newest
        try checkSamples()
        for table in IntervalTable.allCases { try checkIntervals(of: table) }
        try checkOpenIntervals()
        try checkWords()
        for level in RollupLevel.allCases {
            try checkBuckets(of: level)
            try checkRows(of: level)
            try checkSums(of: level)
        }
        try checkSeries()
    }

    /// Notes something that is wrong.
    func report(_ table: String, _ text: String) {
        let problem = Problem(table: table, text: text)
        guard known.count < 100 * Self.most, known.insert(problem).inserted else { return }
        if problems.count < Self.most { problems.append(problem) } else { omitted += 1 }
    }

    /// Asks in one transaction. What SQLite finds damaged is a problem of the table, and the answer `nil`.
    func read<T>(_ table: String, _ body: (HistoryView) throws -> T) throws -> T? {
        try guarded(table) { try reader.read(body) }
    }

    private func guarded<T>(_ table: String, _ body: () throws -> T) throws -> T? {
        do {
            return try body()
        } catch HistoryError.damaged(_, let reason) {
            report(table, reason)
            return nil
        }
    }

    /// Reads page by page, as long as the body says that there is more.
    func walk(_ table: String, _ page: (HistoryView, inout PageMeter) throws -> Bool) throws {
        var hasMore = true
        while hasMore {
            let answer = try read(table) { view in
                var meter = PageMeter(limit)
                return try page(view, &meter)
            }
            hasMore = answer ?? false
            try between()
        }
    }

    /// Reports a failure that is damage, and throws any other.
    func attempt(_ table: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            report(table, error.message ?? "damaged")
        } catch is RowDecodingError {
            report(table, "there is a value of another type")
        }
    }

    // MARK: - SQLite's own check

    private func checkTables() throws {
        // That of the schema goes with the list of free pages.
        let names = try guarded("sqlite_schema") { try reader.transaction(TableSize.names) } ?? []
        for name in ["sqlite_schema"] + names {
            let lines = try guarded(name) {
                try reader.transaction { database in
                    try String.fetchAll(
                        database, sql: "PRAGMA integrity_check(\(name.quotedDatabaseIdentifier))")
                }
            }
            for line in lines ?? [] where line != "ok" { report(name, line) }
        }
    }
}
