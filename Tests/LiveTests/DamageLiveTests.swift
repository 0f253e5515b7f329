import Foundation
import TestSupport
import Testing

@testable import portload

extension LiveTests {
    /// A history that is damaged on purpose: readers answer or end with 69, the recorder goes on or sets it aside.
    @Suite struct DamageLiveTests {
        private let scratch: Scratch
        private let portlog: Portlog
        private let load: ChildProcess

        init() throws {
            scratch = try Scratch()
            portlog = Portlog(in: try NetworkNamespace(), scratch)
            load = try portlog.namespace.start(
                Binaries.portload, ["hold", "--connections", "100", "--rate", "100", "--processes", "1"])
            try #require(load.output.next(milliseconds: 20_000)?.contains("\"ready\":true") == true)
        }

        private static let questions =
            [
                ["status"], ["sockets"], ["listeners"], ["who", "8080"], ["time-wait"], ["ephemeral"], ["conflicts"],
                ["database", "check"], ["database", "info"],
            ].map { $0 + ["-o", "json"] }
            + ["sockets", "samples", "listeners", "destinations"].map { ["export", "--table", $0, "-o", "jsonl"] }

        /// Whatever happens to a history behind the header that shows whose it is, by the name of it.
        private static func damages(to whole: Data) -> [(name: String, bytes: Data)] {
            let page = 4096
            let pages = whole.count / page
            var random = SeededGenerator(seed: 7)
            var damages: [(String, Data)] = []
            func note(_ name: String, _ damage: (inout Data) -> Void) {
                var bytes = whole
                damage(&bytes)
                damages.append((name, bytes))
            }
            func flip(_ number: Int, in bytes: inout Data) {
                for _ in 0..<8 {
                    let place = Int.random(in: (number == 0 ? 100 : 0)..<page, using: &random)
                    bytes[number * page + place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                }
            }
            for count in [1, 1, 1, 10, pages] {
                let places = (0..<pages).shuffled(using: &random).prefix(count)
                note("bytes flipped in pages \(places.sorted())") { for place in places { flip(place, in: &$0) } }
            }
            for size in [100, 5 * page / 2, whole.count - page] {
                note("truncated to \(size)") { $0 = $0.prefix(size) }
            }
            for _ in 0..<2 {
                let first = Int.random(in: 1..<pages, using: &random)
                note("page \(first) zeroed") { $0.resetBytes(in: (first * page)..<((first + 1) * page)) }
            }
            note("pages in each other's place") {
                let (a, b) = ((5 * page)..<(6 * page), ((pages - 2) * page)..<((pages - 1) * page))
                let (first, second) = ($0.subdata(in: a), $0.subdata(in: b))
                $0.replaceSubrange(a, with: second)
                $0.replaceSubrange(b, with: first)
            }
            note("a word of the schema is another") {
                if let place = $0.range(of: Data("last INTEGER".utf8)) { $0[place.lowerBound] ^= 1 }
            }
            note("garbage behind the header") {
                for place in 100..<$0.count { $0[place] = UInt8.random(in: 0...255, using: &random) }
            }
            return damages
        }

        @Test func readersAnswerOrEndWith69AndARecorderGoesOnOrSetsAside() throws {
            try portlog.record(samples: 15)
            load.closeInput()
            _ = try SQLite.ask(portlog.database, "PRAGMA wal_checkpoint(TRUNCATE)")
            let whole = try Data(contentsOf: URL(filePath: portlog.database))
            try #require(whole.count > 20 * 4096)
            var (noticed, setAside) = (0, 0)
            let damages = Self.damages(to: whole)
            for (name, bytes) in damages {
                try put(bytes)
                var statuses: [String: Int32] = [:]
                // All at once: most of their time, processes start.
                let asked = try Self.questions.map { words in
                    (
                        words,
                        try ChildProcess(Binaries.portlog, words + ["--database", portlog.database], catchErrors: true)
                    )
                }
                for (words, process) in asked {
                    let result = Command.finish(process)
                    let report: Comment = "\(name): \(words): \(result)"
                    #expect(result.status == 0 || result.status == 69, report)
                    if result.status == 0 {
                        let documents =
                            words[0] == "export" ? result.output.split(separator: "\n")[...] : [result.output[...]]
                        for document in documents { _ = try JSON(text: String(document)) }
                    } else {
                        #expect(result.errors.contains("portlog: "), report)
                    }
                    statuses[words.dropLast(2).joined(separator: " ")] = result.status
                }
                // What any question meets, the check finds.
                #expect(statuses["database check"] == statuses.values.max(), "\(name): \(statuses)")
                #expect(try Data(contentsOf: URL(filePath: portlog.database)) == bytes, "\(name)")
                if statuses["database check"] == 69 { noticed += 1 }

                let compacted = try portlog.run(["database", "compact"])
                #expect(compacted.status == 0 || compacted.status == 69, "\(name): \(compacted)")
                if try expectRecording(after: bytes, name) {
                    #expect(statuses["database check"] == 69, "\(name)")
                    setAside += 1
                }
            }
            #expect(noticed >= damages.count / 2 && setAside >= damages.count / 2, "\(noticed) and \(setAside)")
        }

        /// A recorder takes its samples; true if it began anew and has set aside what was there, as it was.
        private func expectRecording(after bytes: Data, _ name: String) throws -> Bool {
            try put(bytes)
            let result = Command.finish(try portlog.start(samples: 2))
            #expect(result.status == 0, "\(name): \(result)")
            let aside = try asides()
            #expect(aside.count == (result.errors.contains("was set aside") ? 1 : 0), "\(name): \(result)")
            guard let aside = aside.first else { return false }
            #expect(result.errors.contains("aside=\(aside)"), "\(name): \(result)")
            #expect(try Data(contentsOf: URL(filePath: aside)) == bytes, "\(name)")
            #expect(try portlog.ask("status")["last_sample"]["number"].int == 2, "\(name)")
            #expect(try portlog.ask("database", "check")["ok"].bool == true, "\(name)")
            return true
        }

        @Test(arguments: [
            // Every page but the first, and a new first one in the log, so that the recorder reads the others again.
            (isInFile: true, sql: "PRAGMA user_version = 2"),
            // A number that portlog never wrote, in a file that is whole to SQLite.
            (isInFile: false, sql: "UPDATE interval SET cluster = 70 << 26"),
        ])
        func aRecorderThatMeetsDamageSetsItAsideAndGoesOn(damage: (isInFile: Bool, sql: String)) throws {
            let recorder = try portlog.start()
            try portlog.awaitSamples(10)
            if damage.isInFile {
                _ = try SQLite.ask(portlog.database, "PRAGMA wal_checkpoint(TRUNCATE)")
                let (garbage, size) = (scratch.file("garbage"), SQLite.size(portlog.database))
                try Data(repeating: 0xa5, count: size - 4096).write(to: URL(filePath: garbage))
                // In a transaction: the recorder sees the damage and the new first page together, or neither.
                let result = try Command.run(
                    "sqlite3",
                    [
                        "-cmd", ".timeout 5000", portlog.database, "BEGIN IMMEDIATE; " + damage.sql,
                        ".shell dd if=\(garbage) of=\(portlog.database) bs=4096 seek=1 conv=notrunc status=none",
                        "COMMIT",
                    ])
                try #require(result.status == 0 && result.errors == "", "\(result)")
            } else {
                _ = try SQLite.ask(portlog.database, damage.sql)
            }
            let deadline = Clock.now + 30_000
            while try asides().isEmpty && Clock.now < deadline { usleep(20_000) }
            try portlog.awaitSamples(5)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            #expect(result.status == 0)
            let lines = result.errors.split(separator: "\n").filter { $0.contains("damaged") }
            let aside = try asides()
            try #require(aside.count == 1 && lines.count == 1, "\(result)")
            #expect(lines[0].contains("was set aside") && lines[0].contains("aside=\(aside[0])"))
            #expect(result.errors.contains("samples are written again missed="), "\(result)")
        }

        /// Leaves nothing in the folder but a database of these bytes.
        private func put(_ bytes: Data) throws {
            for file in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
                try FileManager.default.removeItem(atPath: scratch.file(file))
            }
            try bytes.write(to: URL(filePath: portlog.database))
        }

        /// The files that have been set aside, without what goes with them.
        private func asides() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: scratch.path)
                .filter { $0.hasPrefix("portlog.db.damaged-") && $0.hasSuffix("Z") }.map(scratch.file)
        }
    }
}
