import Foundation
import GRDB
import TestSupport
import Testing

@testable import PortHistory

/// What file and log may take, measured at the files of a plain SQLite database.
struct SpaceBudgetTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("plain.db")
    }

    private func size(_ suffix: String) -> Int64 {
        var status = stat()
        return stat(path + suffix, &status) == 0 ? Int64(status.st_size) : 0
    }

    @Test("the log of a large budget takes no more than its part with its index, which grows with it")
    func index() throws {
        let budget: Int64 = 512 << 20
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL; CREATE TABLE t (x)") }
        let space = try queue.inDatabase { try SpaceBudget(budget, $0) }
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        try reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT * FROM t") }

        try queue.inDatabase { database in
            while space.hasRoom(database) {
                try space.begin(database)
                try database.inTransaction {
                    try database.execute(sql: "INSERT INTO t VALUES (zeroblob(80000))")
                    #expect(try space.excess(database) == nil)
                    return .commit
                }
                space.end(database)
            }
        }
        #expect(size("-wal") > budget / 4 - 1 << 20)
        #expect(size("-wal") + size("-shm") <= budget / 4)
        try reader.close()
        #expect(queue.inDatabase { space.hasRoom($0) })
    }

    @Test("what a recorder that crashed has left in the log counts", arguments: [false, true])
    func leftover(isHeld: Bool) throws {
        let budget: Int64 = 8 << 20
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x)")
            try database.execute(sql: "INSERT INTO t VALUES (zeroblob(1950000))")
            try database.execute(sql: "UPDATE t SET x = randomblob(1950000)")
        }
        #expect(size("-wal") > 3_900_000)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: path, configuration: configuration)
        if isHeld { try reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM t") } }
        let other = try DatabaseQueue(path: path)
        try other.inDatabase { database in
            let space = try SpaceBudget(budget, database)
            try space.begin(database)
            try database.inTransaction {
                try database.execute(sql: "INSERT INTO t VALUES (zeroblob(500000))")
                #expect(try space.excess(database) == (isHeld ? .held : nil))
                return .rollback
            }
        }
        #expect(isHeld == (size("-wal") > 3_900_000))
        try reader.close()
    }
}
