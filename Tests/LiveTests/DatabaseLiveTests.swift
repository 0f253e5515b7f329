import Foundation
import Testing

@testable import portload

extension LiveTests {
    /// What is done with the file while a recorder writes it, and what a full disk does to it.
    @Suite struct DatabaseLiveTests {
        private let scratch: Scratch
        private let portlog: Portlog

        init() throws {
            scratch = try Scratch()
            portlog = Portlog(in: try NetworkNamespace(), scratch)
        }

        @Test func aDatabaseThatIsBeingRecorded() throws {
            let load = try portlog.namespace.start(
                Binaries.portload, ["hold", "--connections", "200", "--rate", "200", "--processes", "1"])
            try #require(load.output.next(milliseconds: 20_000)?.contains("\"ready\":true") == true)
            let recorder = try portlog.start(interval: "100ms")
            try portlog.awaitSamples(10)

            for _ in 1...5 {
                #expect(try portlog.ask("database", "check")["ok"].bool == true)
                let rows = try Command.run(
                    Binaries.portlog, ["export", "--table", "sockets", "-o", "jsonl", "--database", portlog.database])
                #expect(rows.status == 0)
                let sockets = try rows.output.split(separator: "\n").map { try JSON(text: String($0)) }
                // Nothing is told twice: a connection is its peers, its state and when it came to that.
                let identities = sockets.map { socket in
                    ["local_address", "local_port", "remote_address", "remote_port", "state", "inode", "from"]
                        .map { "\(socket[$0])" }
                }
                #expect(Set(identities).count == identities.count && identities.count > 200)
            }
            #expect(try portlog.ask("database", "info")["tables"].array.count > 15)
            let refused = try portlog.run(["database", "compact"])
            #expect(refused.status == 75 && refused.errors.contains("(process \(recorder.pid))"))

            recorder.end(SIGKILL)
            _ = recorder.wait()
            let compacted = try portlog.ask("database", "compact")
            let (before, after) = (compacted["before_bytes"].int ?? 0, compacted["after_bytes"].int ?? 0)
            #expect(before > after && after > 0)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
            try portlog.record()
            load.closeInput()
        }

        @Test func aFullDiskLeavesTheDatabaseAsItWas() throws {
            try FileManager.default.createDirectory(
                atPath: scratch.file("small"), withIntermediateDirectories: false)
            let result = try Command.run(
                "unshare",
                [
                    "--mount", "--net", "sh", "-c",
                    """
                    set -e
                    mount -t tmpfs -o size=1m none \(scratch.file("small"))
                    cd \(scratch.file("small"))
                    export SQLITE_TMPDIR=\(scratch.path)
                    \(Binaries.portlog) record --namespaces own --database $PWD/portlog.db --interval 100ms --samples 5
                    sqlite3 portlog.db .dump | sort >../dump
                    dd if=/dev/zero of=ballast bs=4096 >/dev/null 2>&1 || true
                    \(Binaries.portlog) database compact --database $PWD/portlog.db && status=0 || status=$?
                    rm ballast
                    sqlite3 portlog.db .dump | sort | cmp - ../dump
                    \(Binaries.portlog) database check --database $PWD/portlog.db
                    \(Binaries.portlog) database compact --database $PWD/portlog.db >/dev/null
                    sqlite3 portlog.db .dump | sort | cmp - ../dump
                    exit $status
                    """,
                ])
            #expect(result.status == 73, "\(result)")
            #expect(result.output == "ok\n", "\(result)")
            #expect(result.errors.contains("there is no room"), "\(result)")
        }
    }
}
