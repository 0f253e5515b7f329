import Glibc
import PortModel
import Testing

@testable import portload

extension LiveTests {
    /// `sockets --at` against independent readings of /proc/net.
    @Suite struct SocketsLiveTests {
        @Test func eachOfTwentySamplesIsWhatProcShowedAroundIt() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            var scenario = try SocketScenario(namespace)
            var around: [(before: ProcNet, after: ProcNet, at: String)] = []
            for step in 0..<SocketScenario.steps {
                try scenario.play(step)
                let before = try ProcNet(of: namespace)
                try portlog.record()
                let after = try ProcNet(of: namespace)
                let sample = try portlog.ask("status")["last_sample"]
                #expect(sample["number"].int == step + 1)
                around.append((before, after, try #require(sample["taken_at"].string)))
            }
            // Asked when all is over: each is a moment of the past.
            for (step, reading) in around.enumerated() {
                let document = try portlog.ask("sockets", "--at", reading.at)
                #expect(document["sample"]["number"].int == step + 1)
                let recorded = ProcNet(document: document)
                for row in reading.before.rows.keys where reading.after.rows[row] == reading.before.rows[row] {
                    #expect(recorded.rows[row] == reading.before.rows[row], "step \(step): \(row)")
                }
                for row in recorded.rows.keys {
                    #expect(reading.before.rows[row] ?? reading.after.rows[row] != nil, "step \(step): \(row)")
                }
            }
        }

        @Test func aRunningRecorderHoldsEveryQuietMoment() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            var scenario = try SocketScenario(namespace)
            let recorder = try portlog.start(interval: "100ms")
            try portlog.awaitSamples(1)
            var quiet: [(reading: ProcNet, at: String)] = []
            for step in 0..<SocketScenario.steps {
                try scenario.play(step)
                let before = try ProcNet(of: namespace)
                // A sample that began after that reading, and one after it: then the first is complete.
                let at = try Self.sample(of: portlog, after: Self.now())
                _ = try Self.sample(of: portlog, after: at)
                if try ProcNet(of: namespace) == before { quiet.append((before, at)) }
            }
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)

            // A handshake that is tried again may change a row meanwhile; most moments are quiet.
            #expect(quiet.count >= SocketScenario.steps / 2)
            for (reading, at) in quiet {
                let document = try portlog.ask("sockets", "--at", at)
                #expect(document["sample"]["taken_at"].string == at)
                #expect(ProcNet(document: document) == reading)
            }
        }

        /// When a sample was taken, the newest one as soon as that is later than a moment. Both are RFC 3339 in UTC with
        /// milliseconds, and so in the order of time.
        private static func sample(of portlog: Portlog, after moment: String) throws -> String {
            for _ in 0..<1000 {
                let taken = try #require(try portlog.ask("status")["last_sample"]["taken_at"].string)
                if taken > moment { return taken }
            }
            Issue.record("no sample after \(moment)")
            return moment
        }

        @Test func ownersAreTheProcessesThatHoldTheSocket() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "webserver"), uid: 1234)
            let client = try Agent(in: namespace, program: scratch.program(named: "shop"))
            try server.serve("127.0.0.1", 8080)
            let workers = try server(.init(command: .forkWorkers, name: "workers", count: 2, listener: "server")).pids
            let port = try client.connect("127.0.0.1", 8080)[0]
            try server(.init(command: .awaitAccepted, count: 1, listener: "server"))
            try portlog.record()
            let sockets = try portlog.ask("sockets")["sockets"].array

            let listener = try #require(sockets.first { $0["state"].string == "listen" })
            #expect(
                Set(listener["owners"].array.map { $0["pid"].int })
                    == Set(([server.pid] + (workers ?? [])).map(Int.init)))
            #expect(listener["attribution"].string == "observed")
            #expect(listener["uid"].int == 1234)
            let outgoing = try #require(sockets.first { $0["local_port"].int == Int(port) })
            #expect(outgoing["owners"].array.map { $0["pid"].int } == [Int(client.pid)])
            #expect(outgoing["owners"][0]["command"].string == "shop")
            #expect(outgoing["owners"][0]["executable"].string == scratch.file("shop"))
            #expect(outgoing["owners"][0]["uid"].int == 0)
        }

        /// The wall clock as portlog writes it.
        private static func now() -> String {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000).rfc3339
        }
    }
}
