import GRDB
import GRDBSQLite
import Glibc
import Migrations

/// How the history's file is opened: what the recorder and the questions need of SQLite.
enum HistoryConnection {
    /// The schema that this portlog writes and reads.
    static let schema = Migration.all.last?.number ?? 0

    /// Opens for writing, makes the file when there is none, and brings its schema up to date.
    static func openForWriting(_ path: String) throws(HistoryError) -> DatabaseQueue {
        let kind = try HistoryFile.kind(at: path)
        switch kind {
        case .foreign: throw .notPortlog(path: path)
        case .history: break
        case .missing:
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
            guard descriptor >= 0 else { throw .creating(path, errno) }
            close(descriptor)
        case .empty:
            if access(path, W_OK) != 0 { throw .creating(path, errno) }
        }
        do {
            let queue = try openQueue(path)
            try prepare(queue, isNew: kind != .history, path)
            return queue
        } catch {
            restore(path, kind)
            throw HistoryError(error, path)
        }
    }

    /// Makes what stood at the path before stand there again: what was made here and never was a history goes.
    static func restore(_ path: String, _ kind: HistoryFile.Kind) {
        guard kind == .missing || kind == .empty else { return }
        for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
        if kind == .missing { unlink(path) } else { truncate(path, 0) }
    }

    /// Opens a history of this schema for writing anew, in WAL mode, while nobody else writes.
    ///
    /// - Throws: ``HistoryError/otherSchema(path:found:expected:)`` or ``HistoryError/damaged(path:reason:)``.
    static func openForCompacting(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "portlog.compaction"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { keepLog(of: $0) }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try expectSchema(queue, path)
        try expectSound(queue, path)
        let mode = try queue.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        if mode != "wal" { throw HistoryError.inputOutput(path: path, reason: "it cannot be in WAL mode") }
        return queue
    }

    /// Leaves the write-ahead log in place when the last connection closes: a reader cannot make it.
    private static func keepLog(of database: Database) {
        var on: Int32 = 1
        sqlite3_file_control(database.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &on)
    }

    private static func expectSchema(_ queue: DatabaseQueue, _ path: String) throws {
        let found = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        if found != schema { throw HistoryError.otherSchema(path: path, found: found, expected: schema) }
    }

    private static func expectSound(_ queue: DatabaseQueue, _ path: String) throws {
        let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        if verdict != "ok" { throw HistoryError.damaged(path: path, reason: verdict ?? "no answer") }
    }

    private static func openQueue(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "portlog.recorder"
        configuration.busyMode = .timeout(2)
        configuration.foreignKeysEnabled = false  // ids come from the interning tables of the same transaction
        configuration.prepareDatabase { database in
            keepLog(of: database)
            try database.execute(
                sql:
                    "PRAGMA secure_delete = OFF; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY"
            )
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A new file gets portlog's id and then its tables in the rollback mode: whenever that is interrupted, the file is empty, or
    /// portlog's with schema 0, and goes on from there.
    private static func prepare(_ queue: DatabaseQueue, isNew: Bool, _ path: String) throws {
        if !isNew {
            try queue.read { database in
                let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                if found > schema || found < 0 {
                    throw HistoryError.otherSchema(path: path, found: found, expected: schema)
                }
            }
            try expectSound(queue, path)
        }
        try queue.writeWithoutTransaction { database in
            // A file that can give pages back step by step has to be made so.
            if isNew {
                try database.execute(
                    sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = \(HistoryFile.applicationID)")
            }
        }
        try migrator.migrate(queue)
        try queue.writeWithoutTransaction { database in
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw HistoryError.cannotCreate(path: path, reason: "the file system supports no write-ahead log")
            }
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in Migration.all {
            migrator.registerMigration(migration.name, foreignKeyChecks: .immediate) { database in
                try database.execute(sql: migration.sql)
            }
        }
        return migrator
    }

    /// Opens for questions, never writing: also as another user, while a recorder writes, after a crash, and on a plain read-only copy.
    static func openForReading(_ path: String) throws(HistoryError) -> DatabaseQueue {
        switch try HistoryFile.kind(at: path) {
        case .missing: throw .notFound(path: path)
        case .empty, .foreign: throw .notPortlog(path: path)
        case .history: break
        }
        do {
            return try openReadOnly(path)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CANTOPEN || error.resultCode == .SQLITE_READONLY
        {
            // The write-ahead log cannot be used. Without one this is a copy, which nobody changes; with one it holds the newest
            // samples, and an answer without them would be wrong.
            var log = stat()
            if stat(path + "-wal", &log) == 0, log.st_size > 0 { throw .permission(path: path + "-wal") }
            do { return try openReadOnly(immutableURI(path)) } catch { throw HistoryError(error, path) }
        } catch {
            throw HistoryError(error, path)
        }
    }

    private static func openReadOnly(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "portlog.reader"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // Room for the inner pages of a large history, and no more: what is read in thousands of places is read once, and
            // memory that is new costs more than a page that the kernel has.
            try database.execute(sql: "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try expectSchema(queue, path)
        return queue
    }

    private static func immutableURI(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : "./" + path
        let escaped = absolute.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "%"), 0...32, 127...: "%" + hex(byte)
            default: String(UnicodeScalar(byte))
            }
        }
        return "file:" + escaped.joined() + "?immutable=1"
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}

extension HistoryError {
    /// What SQLite's or the system's failure means for the history at the path.
    init(_ error: any Error, _ path: String) {
        if let error = error as? HistoryError {
            self = error
            return
        }
        if error is RowDecodingError {
            self = .damaged(path: path, reason: "there is a value of another type")
            return
        }
        guard let error = error as? DatabaseError else {
            self = .inputOutput(path: path, reason: "\(error)")
            return
        }
        let reason = error.message ?? error.resultCode.description
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
            self = .noRoom(path: path)
            return
        }
        self =
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged(path: path, reason: reason)
            // The schema has the right number, and lacks what every one of that number has.
            case .SQLITE_ERROR where reason.contains("no such ") || reason.contains("has no column"):
                .damaged(path: path, reason: reason)
            case .SQLITE_FULL: .noRoom(path: path)
            case .SQLITE_CANTOPEN: .cannotCreate(path: path, reason: reason)
            case .SQLITE_READONLY where HistoryFile.isOnReadOnlyDisk(path):
                .inputOutput(path: path, reason: "the file system is read-only")
            case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH: .permission(path: path)
            default: .inputOutput(path: path, reason: reason)
            }
    }
}
