import Foundation
import Testing

@testable import portload

extension LiveTests {
    /// A disk that is full while a recorder writes to it, when one ends, and when one starts.
    @Suite struct FullDiskLiveTests {
        private let scratch: Scratch
        private let disk: SmallDisk
        private let portlog: Portlog
        private let load: ChildProcess

        init() throws {
            scratch = try Scratch()
            disk = try SmallDisk("8m", in: scratch)
            portlog = Portlog(in: try NetworkNamespace(), scratch, on: disk)
            // Always something to write.
            load = try portlog.namespace.start(
                Binaries.portload, ["hold", "--connections", "100", "--rate", "100", "--reset", "--processes", "1"])
            try #require(load.output.next(milliseconds: 20_000)?.contains("\"ready\":true") == true)
        }

        @Test func whileRecordingSamplesAreLostAndNothingOlder() throws {
            let recorder = try portlog.start()
            try portlog.awaitSamples(20)
            try disk.fill()
            let full = try portlog.awaitStatus("30 samples lost") { $0["losing"]["samples"].int ?? 0 >= 30 }
            #expect(full["recording"].bool == true)
            #expect(full["losing"]["cause"].string == "there is no room on the file system")
            let newest = try #require(full["last_sample"]["number"].int)
            let time = try #require(full["last_sample"]["taken_at"].string)
            let before = try portlog.exports(upTo: time)
            #expect(before.count > newest + 100)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)

            disk.clear()
            let after = try portlog.awaitStatus("20 samples more") {
                $0["last_sample"]["number"].int ?? 0 >= newest + 20
            }
            #expect(after["losing"] == .null)
            // What was lost is counted by the first sample that had room again.
            let lost = try portlog.export("samples", "--since", "-1d").map { $0["missed"].int ?? 0 }
            #expect(lost.count > newest && lost[newest] >= 30)
            #expect(after["missed_samples"].int ?? 0 >= full["missed_samples"].int ?? 0 + lost[newest])
            #expect(try portlog.exports(upTo: time) == before)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)

            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            #expect(result.status == 0)
            Self.expectLog(result, "samples are being lost cause=\"there is no room on the file system\"")
            Self.expectLog(result, "samples are written again missed=\(lost[newest])")
        }

        @Test func whenOneEndsAndWhenTheNextStarts() throws {
            let recorder = try portlog.start()
            try portlog.awaitSamples(10)
            try disk.fill()
            let full = try portlog.awaitStatus("5 samples lost") { $0["losing"]["samples"].int ?? 0 >= 5 }
            let newest = try #require(full["last_sample"]["number"].int)
            let time = try #require(full["last_sample"]["taken_at"].string)
            let before = try portlog.exports(upTo: time)
            recorder.end(SIGTERM)
            let ended = Command.finish(recorder)
            #expect(ended.status == 0)
            Self.expectLog(ended, "samples are being lost")
            // Nothing in the history counts these.
            Self.expectLog(ended, "samples were being lost up to the end")
            let status = try portlog.ask("status")
            #expect(status["recording"].bool == false && status["losing"] == .null)
            #expect(try portlog.exports(upTo: time) == before)

            let refused = Command.finish(try portlog.start())
            #expect(refused.status == 73)
            #expect(refused.errors.contains("there is no room on its file system"), "\(refused)")
            #expect(try portlog.exports(upTo: time) == before)
            let verdict = try SQLite.ask(disk.outside("portlog.db"), "PRAGMA integrity_check", copiedBelow: scratch)
            #expect(verdict == "ok")

            disk.clear()
            try portlog.record(samples: 5)
            #expect(try portlog.ask("status")["last_sample"]["number"].int == newest + 5)
            #expect(try portlog.exports(upTo: time) == before)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
        }

        @Test func theLogAloneDoesNotFillADisk() throws {
            // Usually the log is written back at four MiB.
            try disk.resize("1m")
            let result = Command.finish(try portlog.start(samples: 60))
            #expect(result.status == 0)
            #expect(!result.errors.contains("lost"), "\(result)")
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
        }

        /// One line of the log begins so, after its level, and no other.
        private static func expectLog(_ result: Command, _ text: String) {
            #expect(result.logged(text).count == 1, "\(text): \(result.errors)")
        }
    }
}
