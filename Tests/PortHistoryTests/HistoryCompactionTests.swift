import Foundation
import GRDB
import Migrations
import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// What `database compact` does to a file, and what `database info` tells of it.
struct HistoryCompactionTests {
    private func intervals(_ history: RandomHistory) throws -> Set<SocketInterval> {
        try history.reader().read { view in
            var found: Set<SocketInterval> = []
            try view.intervals(in: 1...view.newestNumber) { found.insert($0) }
            return found
        }
    }

    private func pragma(_ name: String, _ path: String) throws -> String? {
        try DatabaseQueue(path: path).inDatabase { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    @Test("a compacted file is smaller, in WAL mode, with the same permissions, and tells the same")
    func compact() throws {
        let history = try RandomHistory(seed: 1)
        try history.record(300)
        history.close()
        let before = try intervals(history)
        // As an older version left it, with much that is free.
        try DatabaseQueue(path: history.path).inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;
                    CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(2000000)); DROP TABLE ballast
                    """)
        }
        chmod(history.path, 0o604)
        let inode = HistoryFile.identity(at: history.path)?.inode
        let compaction = try HistoryCompaction(path: history.path)
        #expect(compaction.isWrittenBack)
        #expect(compaction.before.file > 2_000_000 && compaction.after.file < 1_000_000)
        #expect(compaction.after.log == 0 && compaction.after == FileSizes(of: history.path))
        var status = stat()
        #expect(stat(history.path, &status) == 0 && status.st_mode & 0o777 == 0o604)
        #expect(HistoryFile.identity(at: history.path)?.inode == inode)
        #expect(try pragma("journal_mode", history.path) == "wal")
        #expect(try pragma("auto_vacuum", history.path) == "2")
        #expect(try pragma("freelist_count", history.path) == "0")
        #expect(try HistoryFile.kind(at: history.path) == .history)
        #expect(try intervals(history) == before)
        #expect(try HistoryCheck(history.reader()).problems.isEmpty)
        // A recorder goes on with it.
        try history.reboot()
        try history.record(1)
        #expect(try HistoryCheck(history.reader()).problems.isEmpty)
    }

    @Test("a recorder that writes is not disturbed")
    func locked() throws {
        let history = try RandomHistory(seed: 2)
        try history.record(10)
        #expect(throws: HistoryError.locked(path: history.path, pid: getpid())) {
            try HistoryCompaction(path: history.path)
        }
        try history.record(1)
        history.close()
        #expect(try HistoryCompaction(path: history.path).isWrittenBack)
    }

    @Test("what is no history, of another schema or damaged is as it was")
    func refused() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("file")
        #expect(throws: HistoryError.notFound(path: path)) { try HistoryCompaction(path: path) }
        try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: HistoryError.notPortlog(path: path)) { try HistoryCompaction(path: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
        let history = try RandomHistory(seed: 3)
        try history.record(10)
        history.close()
        try DatabaseQueue(path: history.path).write { try $0.execute(sql: "PRAGMA user_version = 999") }
        let before = try Data(contentsOf: URL(fileURLWithPath: history.path))
        #expect(throws: HistoryError.otherSchema(path: history.path, found: 999, expected: Migration.all.count)) {
            try HistoryCompaction(path: history.path)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: history.path)) == before)
    }

    @Test("a reader in the way keeps the log from being written back, and nothing from being right")
    func reader() throws {
        let history = try RandomHistory(seed: 4)
        try history.record(50)
        history.close()
        let before = try intervals(history)
        let inTheWay = try DatabaseQueue(path: history.path)
        let compaction = try inTheWay.inDatabase { database in
            var compaction: HistoryCompaction?
            try database.inTransaction(.deferred) {
                _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sample")
                compaction = try HistoryCompaction(path: history.path)
                return .commit
            }
            return compaction
        }
        #expect(try #require(compaction).isWrittenBack == false)
        #expect(try intervals(history) == before)
        #expect(try HistoryCompaction(path: history.path).isWrittenBack)
        #expect(try intervals(history) == before)
    }

    @Test("every table is measured: its rows, and its bytes with its indexes")
    func sizes() throws {
        let history = try RandomHistory(seed: 5)
        try history.record(200)
        let sizes = try TableSize.all(of: history.reader())
        let database = try DatabaseQueue(path: history.path)
        for size in sizes {
            let rows = try database.inDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(size.name)") }
            #expect(size.rows == rows, "\(size.name)")
            #expect(try #require(size.bytes) >= 4096, "\(size.name)")
        }
        #expect(sizes.map(\.name).contains("interval") && sizes.map(\.name).contains("sqlite_schema"))
        let kinds = Dictionary(grouping: sizes, by: \.kind).mapValues(\.count)
        #expect(kinds == [.samples: 1, .intervals: 3, .rollups: 6, .words: 9, .other: 6])
        // All but free pages, and those that say what the others are used for.
        let use = try history.reader().read { try $0.pageUse() }
        let pages = sizes.reduce(0) { $0 + ($1.bytes ?? 0) / 4096 }
        #expect(use.count - use.free - Int(pages) == 1 && use.size == 4096)
    }
}
