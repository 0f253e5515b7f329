import GRDB
import GRDBSQLite

/// Keeps file and write-ahead log together below a budget.
///
/// Three quarters are for the file, which `max_page_count` holds to them: what was deleted leaves free pages, which are used again.
/// A quarter is the log's, or up to half of a small budget: a sample may change most pages of a small file, and each of them stands in
/// the log then. It begins anew after each checkpoint, and stays small, unless a reader's transaction keeps it from that: then it grows
/// into its part, and no further.
final class SpaceBudget {
    private static let pageSize: Int64 = 4096
    /// A page in the log has a header of 24 bytes, and 8 bytes in the log's index.
    private static let frameSize: Int64 = 4096 + 24 + 8
    /// What is left of the log's index, which grows by 32 KiB, its header and the recorder's lock.
    private static let companions: Int64 = 40 << 10
    /// The log of a small budget has as much, if that is no more than half of it.
    private static let leastLog: Int64 = 4 << 20

    /// The most pages that the file may have.
    let pages: Int64
    /// The log may have so many bytes.
    private let logLimit: Int64
    /// A log of so many pages is written back.
    private let checkpointPages: Int64
    /// Pages in the log.
    private var frames: Int64 = 0
    private var framesBefore: Int64 = 0
    /// As many pages as the largest of the last samples wrote; it falls slowly.
    private var recent: Int64 = 16
    private var writesBefore: Int32 = 0
    /// As many pages as the largest of the last samples added; it falls slowly.
    private var growth: Int64 = 0
    private var usedBefore: Int64 = 0

    /// The budget of an open history. `nil`: as large as the disk.
    init(_ budget: Int64?, _ database: Database) throws {
        if let budget {
            let log = max(budget / 4, min(budget / 2, Self.leastLog))
            logLimit = log - Self.companions
            pages = (budget - log) / Self.pageSize
            checkpointPages = min(1000, max(32, logLimit / Self.frameSize / 8))
        } else {
            logLimit = .max / 4
            pages = 0xffff_fffe
            checkpointPages = 1000
        }
        let now = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        try database.execute(sql: "PRAGMA max_page_count = \(max(pages, now))")
        try database.execute(sql: "PRAGMA journal_size_limit = \(min(4 << 20, max(1 << 17, logLimit / 2)))")
        // The hook takes the place of SQLite's own automatic checkpoints.
        sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<SpaceBudget>.fromOpaque(context).takeUnretainedValue().frames = Int64(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
        // What a recorder that crashed has left in the log.
        checkpoint(database, SQLITE_CHECKPOINT_TRUNCATE)
    }

    /// Pages of the file with something in them.
    func usedPages(_ database: Database) throws -> Int64 {
        let free = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
        return try pageCount(database) - free
    }

    /// Pages of the file.
    func pageCount(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA page_count")) ?? 0
    }

    /// As many used pages leave room for the next samples.
    var target: Int64 { pages - max(pages / 16, min(pages / 4, 2 * growth)) }
    /// As many used pages leave room for the next sample.
    var limit: Int64 { pages - max(pages / 32, min(pages / 4, growth)) }

    /// Makes a file that is larger than its budget, from before the budget was lowered, a little smaller.
    func shrink(_ database: Database) throws {
        if try pageCount(database) <= pages { return }
        try database.execute(sql: "PRAGMA incremental_vacuum(64)")
        try database.execute(sql: "PRAGMA max_page_count = \(max(pages, pageCount(database)))")
    }

    /// Whether the log has room for another sample. Where it has not, a checkpoint is tried that empties it.
    func hasRoom(_ database: Database) -> Bool {
        if isLogRoomy { return true }
        return checkpoint(database, SQLITE_CHECKPOINT_RESTART) || isLogRoomy
    }

    private var isLogRoomy: Bool { (frames + recent + recent / 2) * Self.frameSize <= logLimit }

    /// Before a transaction.
    func begin(_ database: Database) throws {
        framesBefore = frames
        writesBefore = status(SQLITE_DBSTATUS_CACHE_WRITE, database)
        usedBefore = try usedPages(database)
    }

    /// All that a sample adds is in, and nothing has been removed yet.
    func noteGrowth(_ database: Database) throws {
        growth = max(try usedPages(database) - usedBefore, growth - max(1, growth / 16), 0)
    }

    /// A sample did not fit into the file: the next ones need more room.
    func needsMore() { growth = min(pages / 8, max(growth * 2, pages / 16)) }

    /// Why what a transaction has written does not fit into the log; to be asked before it commits.
    enum Excess {
        /// It would fit if the log could begin anew, which a reader keeps it from.
        case held
        /// It is too much.
        case tooMuch
    }

    /// Whether what a transaction has written fits into the log, `nil`, or why it does not; to be asked before it commits.
    func excess(_ database: Database) throws -> Excess? {
        func size() throws -> Int64 {
            let written = Int64(status(SQLITE_DBSTATUS_CACHE_WRITE, database) - writesBefore)
            // Every page of the cache may have been changed. What is written twice takes the same place.
            let cached = Int64(status(SQLITE_DBSTATUS_CACHE_USED, database)) / Self.pageSize
            return min(written + cached, try pageCount(database))
        }
        if (framesBefore + (try size())) * Self.frameSize <= logLimit { return nil }
        // Without those that were only read.
        sqlite3_db_release_memory(database.sqliteConnection)
        let needed = try size()
        if (framesBefore + needed) * Self.frameSize <= logLimit { return nil }
        // The log is emptied before the next one, as far as that can help.
        recent = max(recent, min(needed, logLimit / Self.frameSize * 2 / 3))
        return framesBefore >= checkpointPages && needed * Self.frameSize <= logLimit ? .held : .tooMuch
    }

    /// After a transaction: writes the log back when it has grown.
    func end(_ database: Database) {
        let written = max(0, frames >= framesBefore ? frames - framesBefore : frames)
        recent = max(written, recent - recent / 16)
        if frames >= checkpointPages || isDiskTight(database) { checkpoint(database, SQLITE_CHECKPOINT_RESTART) }
    }

    /// Whether the log takes as much as the file system has left: a file that had no room to grow could not take it any more.
    private func isDiskTight(_ database: Database) -> Bool {
        guard frames > 0, let path = sqlite3_db_filename(database.sqliteConnection, "main") else { return false }
        return HistoryFile.room(at: String(cString: path)).map { $0 < frames * Self.frameSize } ?? false
    }

    /// Writes the log back, waiting for nobody; true if all of it is written and the next transaction begins it anew: no reader keeps
    /// it from that.
    @discardableResult
    func checkpoint(_ database: Database, _ mode: Int32) -> Bool {
        sqlite3_busy_timeout(database.sqliteConnection, 0)
        defer { sqlite3_busy_timeout(database.sqliteConnection, 2000) }
        var log: Int32 = -1
        let code = sqlite3_wal_checkpoint_v2(database.sqliteConnection, nil, mode, &log, nil)
        if code == SQLITE_OK { frames = 0 } else if log >= 0 { frames = Int64(log) }
        return code == SQLITE_OK
    }

    private func status(_ counter: Int32, _ database: Database) -> Int32 {
        var (now, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(database.sqliteConnection, counter, &now, &highest, 0)
        return now
    }
}
