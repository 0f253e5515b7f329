import Foundation
import TestSupport
import Testing

@testable import portload

extension LiveTests {
    /// A recorder that is killed loses at most the sample that it was writing.
    @Suite struct CrashLiveTests {
        /// How many recorders are killed; PORTLOG_KILLS says how many at length.
        private static let kills = TestSettings.count("PORTLOG_KILLS", default: 20)

        @Test func everyKillLeavesAWholeHistory() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            // Always something to write: 400 connections a second come and go.
            let load = try namespace.start(
                Binaries.portload, ["hold", "--connections", "400", "--rate", "400", "--processes", "1"])
            try #require(load.output.next(milliseconds: 20_000)?.contains("\"ready\":true") == true)
            try portlog.record()

            var newest = 1
            for round in 1...Self.kills {
                let delay = Int.random(in: 20...600)
                let recorder = try portlog.start(interval: "100ms")
                // Every other recorder gets as far as a sample, however slow the machine is; the rest die at any moment.
                for _ in 0..<500 where round.isMultiple(of: 2) {
                    if try portlog.ask("status")["last_sample"]["number"].int ?? 0 > newest { break }
                }
                usleep(UInt32(delay) * 1000)
                recorder.end(SIGKILL)
                let status = recorder.wait()
                try #require(status == 128 + SIGKILL, "round \(round): it ended before it was killed")

                let report: Comment = "round \(round), killed after \(delay) ms"
                let verdict = try SQLite.ask(portlog.database, "PRAGMA integrity_check", copiedBelow: scratch)
                #expect(verdict == "ok", report)
                let sample = try portlog.ask("status")["last_sample"]
                let number = try #require(sample["number"].int, report)
                #expect(number >= newest, report)
                newest = number
                let sockets = try portlog.ask("sockets")
                #expect(sockets["sample"]["number"].int == number, report)
                #expect(sockets["sockets"].array.count == sample["sockets"].int, report)
            }
            load.closeInput()

            // None began a history of its own.
            #expect(newest > Self.kills / 2)
            try portlog.record()
            let status = try portlog.ask("status")
            #expect(status["last_sample"]["number"].int == newest + 1)
            #expect(status["database"]["samples"].int == newest + 1)
            let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
            #expect(files.filter { $0.contains("damaged") } == [])
        }
    }
}
