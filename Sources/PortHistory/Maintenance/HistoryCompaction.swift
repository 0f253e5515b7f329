import GRDB
import GRDBSQLite
import Glibc

/// Writes a history anew without what is free in it: VACUUM.
///
/// The file stays the same one, with its permissions. It is one transaction: a full disk or an interruption leaves it as it was.
/// Meanwhile the write-ahead log and a temporary file (in SQLITE_TMPDIR, TMPDIR or /var/tmp) each take as much as is in use.
public struct HistoryCompaction: Hashable, Sendable {
    /// The file, without symbolic links.
    public let path: String
    /// What it took before.
    public let before: FileSizes
    /// What it takes now.
    public let after: FileSizes
    /// False where a reader keeps the write-ahead log from being written back: the file gets smaller later.
    public let isWrittenBack: Bool

    /// Compacts a history.
    ///
    /// - Throws: ``HistoryError/locked(path:pid:)`` while a recorder writes it, else why it cannot be done.
    public init(path: String) throws(HistoryError) {
        let path = HistoryFile.resolved(path)
        self.path = path
        switch try HistoryFile.kind(at: path) {
        case .missing: throw .notFound(path: path)
        case .empty, .foreign: throw .notPortlog(path: path)
        case .history: break
        }
        if access(path, W_OK) != 0 { throw .permission(path: path) }
        try HistoryFile.expectOneName(path)
        let lock = try RecorderLock(for: path)
        lock.share(like: path)
        before = FileSizes(of: path)
        do {
            isWrittenBack = try Self.compact(path)
        } catch {
            throw HistoryError(error, path)
        }
        after = FileSizes(of: path)
        withExtendedLifetime(lock) {}
    }

    /// - Returns: Whether the write-ahead log has been written back.
    private static func compact(_ path: String) throws -> Bool {
        let queue = try HistoryConnection.openForCompacting(path)
        return try queue.inDatabase { database in
            do {
                // Files that older versions made cannot give pages back step by step.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
            } catch {
                // What was written into the log before it failed.
                _ = try? truncateLog(database)
                throw error
            }
            return try truncateLog(database)
        }
    }

    /// Writes the log back and empties it, as soon as readers allow; false when they do not for some seconds.
    private static func truncateLog(_ database: Database) throws -> Bool {
        try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0
    }
}
