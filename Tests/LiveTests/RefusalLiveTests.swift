import Foundation
import Testing

@testable import portload

extension LiveTests {
    /// What portlog refuses: the exit code, a message, and files that are as they were.
    @Suite struct RefusalLiveTests {
        private let scratch: Scratch
        private let namespace: NetworkNamespace
        private let portlog: Portlog

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace()
            portlog = Portlog(in: namespace, scratch)
        }

        private static let questions = ["status", "sockets", "listeners", "time-wait", "ephemeral", "conflicts"]

        // MARK: No database

        @Test func aDatabaseThatCannotBeCreated() throws {
            try Data("a file".utf8).write(to: URL(filePath: scratch.file("file")))
            let result = try record(scratch.file("file") + "/portlog.db")
            #expect(result.status == 73)
            Self.expectMessage(result)
        }

        @Test func aDirectoryThatIsNotThere() throws {
            let result = try record(scratch.file("missing/deeper/portlog.db"))
            #expect(result.status == 73)
            Self.expectMessage(result)
        }

        @Test func aDirectoryOfSomebodyElse() throws {
            let result = try Command.run(
                "setpriv",
                ["--reuid=65534", "--clear-groups", Binaries.portlog] + Self.record(portlog.database))
            #expect(result.status == 77)
            Self.expectMessage(result)
            #expect(!FileManager.default.fileExists(atPath: portlog.database))
        }

        @Test(arguments: questions)
        func aQuestionWithoutADatabase(question: String) throws {
            let result = try portlog.run([question])
            #expect(result.status == 66)
            Self.expectMessage(result)
            #expect(!FileManager.default.fileExists(atPath: portlog.database))
        }

        // MARK: Files that are not portlog's

        @Test func aFileOfAnotherKind() throws {
            try Data("precious, and no database\n".utf8).write(to: URL(filePath: portlog.database))
            try expectRefusal()
        }

        @Test func aDatabaseOfAnotherProgram() throws {
            try sqlite("CREATE TABLE precious (x); INSERT INTO precious VALUES (1);")
            try expectRefusal()
        }

        @Test func aHistoryOfANewerPortlog() throws {
            try portlog.record()
            try sqlite("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);")
            try expectRefusal()
        }

        // MARK: Damage

        @Test func aDamagedHistoryIsSetAsideAndRecordingGoesOn() throws {
            let agent = try Agent(in: namespace)
            for port in UInt16(8000)..<8300 { try agent.serve("127.0.0.1", port, as: "many", accept: false) }
            try portlog.record()
            try sqlite("PRAGMA wal_checkpoint(TRUNCATE);")
            // All of it but the header that shows whose it is.
            var bytes = try Data(contentsOf: URL(filePath: portlog.database))
            try #require(bytes.count > 8192)
            for index in 100..<bytes.count { bytes[index] = 0xa5 }
            try bytes.write(to: URL(filePath: portlog.database))
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: portlog.database + suffix) }

            let question = try portlog.run(["sockets"])
            #expect(question.status == 69)
            Self.expectMessage(question)
            try portlog.record()
            #expect(try portlog.ask("sockets")["sockets"].array.count == 300)
            let aside = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
                .filter { $0.hasPrefix("portlog.db.damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
            try #require(aside.count == 1)
            #expect(try Data(contentsOf: URL(filePath: scratch.file(aside[0]))) == bytes)
        }

        // MARK: Room

        @Test func noRoomAtTheStart() throws {
            let result = try inSmallFileSystem(
                "dd if=/dev/zero of=full bs=4k 2>/dev/null; \(recordCommand("--samples 1"))")
            #expect(result.status == 73, "\(result)")
            Self.expectMessage(result)
        }

        // MARK: A second recorder

        @Test func aSecondRecorderIsRefusedAndTheFirstGoesOn() throws {
            let first = try portlog.start(interval: "100ms")
            try portlog.awaitSamples(2)
            let second = try record(portlog.database)
            #expect(second.status == 75)
            Self.expectMessage(second)
            #expect(try portlog.ask("status")["recording"].bool == true)
            try portlog.awaitSamples(3)
            first.end(SIGTERM)
            #expect(first.wait(milliseconds: 10_000) == 0)
            #expect(try portlog.ask("status")["recording"].bool == false)
            try portlog.record()
        }

        @Test func aLockThatIsDeletedIsTakenAgain() throws {
            let recorder = try portlog.start(interval: "100ms")
            try portlog.awaitSamples(2)
            try FileManager.default.removeItem(atPath: portlog.database + "-lock")
            try portlog.awaitStatus("recording", milliseconds: 10_000) { $0["recording"].bool == true }
            try portlog.awaitSamples(2)
            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            #expect(result.status == 0 && result.errors.contains("it is taken again"), "\(result)")
        }

        /// The one that comes second has the history, and the first ends before it writes into it.
        @Test func aRecorderWhoseDeletedLockAnotherHasTakenEnds() throws {
            let first = try portlog.start(interval: "4s")
            try portlog.awaitSamples(1)
            try FileManager.default.removeItem(atPath: portlog.database + "-lock")
            let second = try portlog.start(interval: "100ms")
            let result = Command.finish(first)
            #expect(result.status == 75)
            Self.expectMessage(result)
            try portlog.awaitSamples(2)
            second.end(SIGTERM)
            #expect(Command.finish(second).status == 0)
            #expect(try portlog.run(["database", "check"]).status == 0)
        }

        @Test func aHistoryWithASecondNameIsRefusedByBoth() throws {
            try portlog.record()
            let other = scratch.file("other.db")
            try FileManager.default.linkItem(atPath: portlog.database, toPath: other)
            for name in [portlog.database, other] {
                let result = try record(name)
                #expect(result.status == 73)
                Self.expectMessage(result)
                #expect(result.errors.contains("2 names (hard links)"))
            }
        }

        @Test func aLinkThatLeadsNowhere() throws {
            try FileManager.default.createSymbolicLink(atPath: portlog.database, withDestinationPath: "/gone/x.db")
            let result = try record(portlog.database)
            #expect(result.status == 73)
            #expect(result.errors.contains("it is a link to /gone/x.db, which does not exist"), "\(result)")
        }

        // MARK: Usage

        @Test(arguments: [
            ["sockets", "--at", "not a time"], ["listeners", "--since", "-2h"],
            ["time-wait", "--at", "now", "--since", "-1h"],
            ["time-wait", "--since", "now", "--until", "-1h"], ["status", "--no-such-option"], ["no-such-command"],
        ])
        func nonsense(words: [String]) throws {
            try portlog.record()
            #expect(try portlog.run(words).status == 64)
        }

        @Test func aMomentBeforeTheFirstSample() throws {
            try portlog.record()
            #expect(try portlog.run(["sockets", "--at", "-2h"]).status == 66)
        }

        // MARK: Tools

        private static func record(_ database: String) -> [String] {
            ["record", "--namespaces", "own", "--database", database, "--samples", "1", "--interval", "100ms"]
        }

        private func record(_ database: String) throws -> Command {
            try Command.run(Binaries.portlog, Self.record(database))
        }

        /// Recorder and questions exit with 69, and the file stays as it is.
        private func expectRefusal() throws {
            let bytes = try Data(contentsOf: URL(filePath: portlog.database))
            let recorder = try record(portlog.database)
            #expect(recorder.status == 69)
            Self.expectMessage(recorder)
            for question in Self.questions {
                let result = try portlog.run([question])
                #expect(result.status == 69, "\(question)")
                Self.expectMessage(result)
            }
            #expect(try Data(contentsOf: URL(filePath: portlog.database)) == bytes)
        }

        /// `portlog: what happened: why. What to do.` on standard error, and nothing that a script could take for an answer.
        private static func expectMessage(_ result: Command) {
            #expect(result.errors.split(separator: "\n").contains { $0.hasPrefix("portlog: ") }, "\(result)")
            #expect(result.output.isEmpty, "\(result)")
        }

        private func sqlite(_ sql: String) throws {
            let result = try Command.run("sqlite3", [portlog.database, sql])
            guard result.status == 0 else { throw HarnessError("sqlite3: \(result)") }
        }

        private func recordCommand(_ options: String) -> String {
            "\(Binaries.portlog) record --namespaces own --database $PWD/portlog.db --interval 100ms \(options)"
        }

        /// Runs a script in a file system of 1 MiB, which goes with it.
        private func inSmallFileSystem(_ script: String) throws -> Command {
            try FileManager.default.createDirectory(atPath: scratch.file("small"), withIntermediateDirectories: false)
            let mount = "mount -t tmpfs -o size=1m none \(scratch.file("small")) && cd \(scratch.file("small"))"
            return try Command.run("unshare", ["--mount", "--net", "sh", "-c", "\(mount)\n\(script)"])
        }
    }
}
