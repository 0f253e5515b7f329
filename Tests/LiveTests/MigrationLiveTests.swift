import Foundation
import TestSupport
import Testing

@testable import portload

extension LiveTests {
    /// A migration that is interrupted leaves a whole history of the old schema, and the next start completes it.
    @Suite struct MigrationLiveTests {
        private let scratch: Scratch
        private let namespace: NetworkNamespace
        /// A history of schema 1 that takes a while to bring up to date: the recorded one, five hundred times over.
        private let original: Data
        private let sums: String

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace()
            let path = scratch.file("schema1.db")
            try EarlierHistory.make(at: path, more: Self.multiply)
            original = try Data(contentsOf: URL(filePath: path))
            sums = try SQLite.ask(path, Self.sumsOfSchema1)
        }

        private static let multiply = """
            WITH RECURSIVE copy (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM copy WHERE n < 500)
            INSERT OR IGNORE INTO interval
            SELECT class, chunk, (local_port + 61 * n) % 65536, start, flow, remote_port, kind, inode + 1000000 * n, length,
                holder, age, time_wait_age
            FROM interval, copy;
            """

        private static let sum = """
            SELECT count(*), sum(first), sum(last), sum(local_port), sum(flow), sum(remote_port), sum(kind), sum(inode),
                sum(holder), sum(age), sum(time_wait_age)
            FROM
            """

        private static let sumsOfSchema1 = """
            \(sum) (
                SELECT (chunk << (class + 8)) + start AS first, (chunk << (class + 8)) + start + length AS last, local_port,
                    flow, remote_port, kind, inode, holder, age, time_wait_age
                FROM interval
                UNION ALL
                SELECT first, (SELECT max(number) FROM sample), local_port, flow, remote_port, kind, inode, holder, age,
                    time_wait_age
                FROM open_interval
            )
            """

        /// After a sample of another boot, so that nothing stands open.
        private static let sumsOfSchema2 = """
            WITH closed AS (
                SELECT (cluster & 0x3ffffff) << ((cluster >> 26) + 6) AS chunk, * FROM interval
                UNION ALL
                SELECT (cluster & 0x3ffffff) << ((cluster >> 26) + 6), * FROM listener_interval
            )
            \(sum) (
                SELECT chunk + start AS first, chunk + start + (span >> 7) AS last, local_port & 65535 AS local_port, flow,
                    remote_port & 65535 AS remote_port, span & 127 AS kind, inode, holder, age, time_wait_age
                FROM closed
            )
            """

        @Test func aMigrationThatIsKilledLeavesTheOldSchemaWhole() throws {
            let portlog = Portlog(in: namespace, scratch)
            var interrupted = 0
            for round in 1...5 {
                for suffix in ["-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: portlog.database + suffix)
                }
                try original.write(to: URL(filePath: portlog.database))
                let recorder = try portlog.start(samples: 1)
                // What is written of the new schema stands in the write-ahead log: each round waits for more of it.
                while SQLite.size(portlog.database + "-wal") < round * 400_000, recorder.wait(milliseconds: 0) == nil {}
                recorder.end(SIGKILL)
                _ = recorder.wait()

                let version = try SQLite.ask(portlog.database, "PRAGMA user_version", copiedBelow: scratch)
                if version == "1" {
                    interrupted += 1
                    let sums = try SQLite.ask(portlog.database, Self.sumsOfSchema1, copiedBelow: scratch)
                    #expect(sums == self.sums, "round \(round)")
                    #expect(try portlog.run(["status"]).status == 69)
                }
                #expect(try SQLite.ask(portlog.database, "PRAGMA integrity_check", copiedBelow: scratch) == "ok")
                try expectMigration(portlog)
            }
            #expect(interrupted >= 3)
        }

        @Test func aMigrationWithoutRoomLeavesTheOldSchemaWhole() throws {
            let disk = try SmallDisk("\(original.count / 1024 + 2048)k", in: scratch)
            let portlog = Portlog(in: namespace, scratch, on: disk)
            let file = URL(filePath: disk.outside("portlog.db"))
            try original.write(to: file)
            let recorder = Command.finish(try portlog.start(samples: 1))
            #expect(recorder.status == 73)
            #expect(recorder.errors.contains("there is no room"), "\(recorder)")
            #expect(try Data(contentsOf: file) == original)
            #expect(try SQLite.ask(file.path, Self.sumsOfSchema1, copiedBelow: scratch) == sums)
            #expect(try portlog.run(["status"]).status == 69)

            try disk.resize("64m")
            try expectMigration(portlog, file.path)
        }

        /// The next start brings the history up to date, with all that was in it.
        private func expectMigration(_ portlog: Portlog, _ path: String? = nil) throws {
            try portlog.record()
            let path = path ?? portlog.database
            #expect(try SQLite.ask(path, "PRAGMA user_version", copiedBelow: scratch) == "4")
            #expect(try SQLite.ask(path, Self.sumsOfSchema2, copiedBelow: scratch) == sums)
            #expect(try portlog.ask("status")["last_sample"]["number"].int == 822)
        }
    }
}
