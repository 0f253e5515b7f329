import Foundation
import Testing

@testable import portload

extension LiveTests {
    /// Another program that keeps a transaction open, so that the write-ahead log cannot begin anew.
    @Suite struct ForeignReaderLiveTests {
        private static let isSoak = ProcessInfo.processInfo.environment["PORTLOG_SOAK_SAMPLES"] != nil
        /// For how long the transaction lasts, in milliseconds, if it need not last longer to be in the way.
        private static let held = isSoak ? 60_000 : 0
        /// The log's part of a small one is half of it, and a quarter of others.
        private static let budget = isSoak ? 16 << 20 : 2 << 20
        private static let reserve = isSoak ? 4 << 20 : 1 << 20

        @Test func samplesGoOnIntoTheReserveThenAreLostThenGoOnByThemselves() throws {
            let scratch = try Scratch()
            let portlog = Portlog(in: try NetworkNamespace(), scratch)
            let load = try portlog.namespace.start(
                Binaries.portload,
                ["hold", "--connections", "400", "--rate", "400", "--reset", "--processes", "1"])
            try #require(load.output.next(milliseconds: 20_000)?.contains("\"ready\":true") == true)
            let recorder = try portlog.start(options: ["--budget", "\(Self.budget)"])
            try portlog.awaitSamples(10)
            // Never, at no moment that anybody looks, do all files together take more.
            func status(_ what: String, milliseconds: Int = 60_000, _ isReached: (JSON) -> Bool) throws -> JSON {
                try portlog.awaitStatus(what, milliseconds: milliseconds) { status in
                    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path).map(scratch.file)
                    let sizes = files.map { SQLite.size($0) }
                    #expect(sizes.reduce(0, +) <= Self.budget, "\(zip(files, sizes).map { "\($0)" })")
                    return isReached(status)
                }
            }

            let reader = try ChildProcess("sqlite3", [portlog.database])
            defer { reader.end(SIGKILL) }
            try #require(reader.write("BEGIN; SELECT max(number) FROM sample;\n"))
            let culprit = "sqlite3 (process \(reader.pid))"
            let began = Clock.now
            let seen = try #require(reader.output.next(milliseconds: 10_000).flatMap { Int($0) })
            let losing = try status("10 samples lost") {
                $0["losing"]["samples"].int ?? 0 >= 10 && Clock.now - began >= Self.held
            }
            // It went on until the log had used up its part.
            let newest = try #require(losing["last_sample"]["number"].int)
            let time = try #require(losing["last_sample"]["taken_at"].string)
            #expect(newest >= seen + 5)
            let log = SQLite.size(portlog.database + "-wal")
            #expect(log > Self.reserve / 2 && log <= Self.reserve)
            let cause = losing["losing"]["cause"].string ?? ""
            #expect(cause.hasPrefix("a reader keeps a transaction open") && cause.contains(culprit), "\(cause)")
            #expect(losing["recording"].bool == true)
            // It began after the newest sample, and is told all the same.
            let alerts = try portlog.ask("alerts", "--active")["alerts"].array
            #expect(alerts.map { $0["subject"]["part"].string } == ["lost_samples"])
            let before = try portlog.exports(upTo: time)
            #expect(before.count > newest)

            try #require(reader.write("SELECT max(number) FROM sample; COMMIT;\n.quit\n"))
            #expect(reader.output.next(milliseconds: 10_000) == "\(seen)")
            #expect(reader.wait(milliseconds: 10_000) == 0)
            let after = try status("10 samples more") { $0["last_sample"]["number"].int ?? 0 >= newest + 10 }
            #expect(after["losing"] == .null)
            let samples = try portlog.export("samples", "--since", "-1d")
            let lost = samples.first { $0["number"].int == newest + 1 }?["missed"].int ?? 0
            #expect(lost >= 10)
            // Of the time before, everything that is still kept is as it was.
            let kept = try #require(samples.first?["taken_at"].string)
            let old = before.filter { $0["number"] != .missing && $0["taken_at"].string ?? "" >= kept }
            #expect(!old.isEmpty && old.isSubset(of: samples))
            #expect(try portlog.ask("database", "check")["ok"].bool == true)

            recorder.end(SIGTERM)
            let result = Command.finish(recorder)
            #expect(result.status == 0)
            let lines = result.logged("samples are")
            try #require(lines.count == 2, "\(result)")
            #expect(lines[0].contains("samples are being lost") && lines[0].contains(culprit))
            #expect(lines[1].hasSuffix("samples are written again missed=\(lost)"))
            load.closeInput()
        }
    }
}
