import Glibc
import Testing

@testable import portload

extension LiveTests {
    /// `record --source`: what sock_diag adds to a history.
    @Suite struct SourceLiveTests {
        private let scratch: Scratch
        private let namespace: NetworkNamespace
        private let agent: Agent

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace(range: 40000...40099)
            agent = try Agent(in: namespace, program: scratch.program(named: "reserver"), uid: 1234)
            try agent.serve("127.0.0.1", 8080)
            try agent.bind("127.0.0.77", 40010)
            try agent.connect("127.0.0.1", 8080, count: 3)
            try agent(.init(command: .awaitAccepted, count: 3, listener: "server"))
        }

        private func recorded(_ source: String, _ file: String) throws -> Portlog {
            let portlog = Portlog(in: namespace, scratch, file: file)
            let recorder = try portlog.start(samples: 2, options: ["--source", source])
            let result = Command.finish(recorder)
            #expect(result.status == 0, "\(result)")
            return portlog
        }

        @Test(arguments: ["sock-diag", "auto"])
        func aBoundSocketIsRecordedWithItsOwnerAndCostsAPort(source: String) throws {
            let without = try recorded("proc", "proc.db")
            let with = try recorded(source, "diag.db")
            let plainSockets = try without.ask("sockets")["sockets"].array
            #expect(!plainSockets.contains { $0["local_port"].int == 40010 })
            let sockets = try with.ask("sockets")["sockets"].array
            let bound = sockets.filter { $0["state"].string == "close" }
            try #require(bound.count == 1, "\(sockets)")
            #expect(bound[0]["local_address"].string == "127.0.0.77")
            #expect(bound[0]["local_port"].int == 40010)
            #expect(bound[0]["remote_address"] == .null && bound[0]["remote_port"] == .null)
            #expect(bound[0]["uid"].int == 1234)
            #expect(bound[0]["owners"].array.map { $0["pid"].int } == [Int(agent.pid)])
            #expect(bound[0]["owners"][0]["command"].string == "reserver")
            #expect(bound[0]["attribution"].string == "observed")
            // All others are those that /proc shows.
            #expect(sockets.count == plainSockets.count + 1)

            let (plain, certain) = (try without.ask("ephemeral"), try with.ask("ephemeral"))
            let free = try agent.countFreePorts("127.0.0.1", 8080)
            #expect(plain["destinations"][0]["capacity"].int == 100)
            #expect(certain["destinations"][0]["capacity"].int == 99)
            #expect(certain["destinations"][0]["free"].int == free)
            #expect(try with.ask("database", "check")["ok"].bool == true)
        }

        @Test func aBoundSocketThatBeginsToListenStaysOneSocket() throws {
            let portlog = Portlog(in: namespace, scratch, file: "diag.db")
            try agent.bind("127.0.0.1", 40020, as: "listens")
            let recorder = try portlog.start(options: ["--source", "sock-diag"])
            try portlog.awaitSamples(2)
            func states(_ port: Int) throws -> [String?] {
                try portlog.ask("sockets")["sockets"].array.filter { $0["local_port"].int == port }.map {
                    $0["state"].string
                }
            }
            #expect(try states(40020) == ["close"])
            try agent(.init(command: .startListening, name: "listens"))
            try portlog.awaitSamples(2)
            #expect(try states(40020) == ["listen"])
            let listener = try portlog.ask("sockets")["sockets"].array.first { $0["local_port"].int == 40020 }
            #expect(listener?["owners"].array.map { $0["pid"].int } == [Int(agent.pid)])
            try agent(.init(command: .close, name: "listens"))
            try agent(.init(command: .close, name: "bound"))
            try portlog.awaitSamples(2)
            #expect(try states(40020).isEmpty && states(40010).isEmpty)
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
        }

        @Test func thoseOfOtherNamespacesAreRecordedToo() throws {
            let name = "portlog-bound-\(UInt32.random(in: 0 ... .max))"
            try namespace.attach(name: name)
            defer { _ = try? Command.run("ip", ["netns", "delete", name]) }
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let recorder = try portlog.start(samples: 3, options: ["--source", "sock-diag"])
            let result = Command.finish(recorder)
            #expect(result.status == 0, "\(result)")
            let sockets = try portlog.ask("sockets", "--namespace", name)["sockets"].array
            let bound = sockets.filter { $0["state"].string == "close" }
            #expect(bound.map { $0["local_port"].int } == [40010])
            #expect(bound.first?["owners"].array.map { $0["pid"].int } == [Int(agent.pid)])
        }

        @Test func whereItCannotBeHadItIsRefusedOrGoneWithout() throws {
            // A /proc that may be another kernel's.
            let database = scratch.file("other.db")
            let refused = try namespace.start(
                Binaries.portlog,
                [
                    "record", "--database", database, "--samples", "1", "--interval", "100ms", "--namespaces", "own",
                    "--source", "sock-diag", "--proc", "/proc/self/root/proc",
                ])
            refused.closeInput()
            let result = Command.finish(refused)
            #expect(result.status == 69, "\(result)")
            #expect(result.errors.hasPrefix("portlog: cannot ask sock_diag for sockets: "), "\(result)")
            #expect(result.errors.contains("--source proc"), "\(result)")
            #expect(SQLite.size(database) == 0)

            let without = try namespace.start(
                Binaries.portlog,
                [
                    "record", "--database", database, "--samples", "1", "--interval", "100ms", "--namespaces", "own",
                    "--source", "auto", "--proc", "/proc/self/root/proc",
                ])
            without.closeInput()
            let recorded = Command.finish(without)
            #expect(recorded.status == 0, "\(recorded)")
            #expect(recorded.errors.split(separator: "\n").count { $0.contains("sock_diag is not asked") } == 1)
        }
    }
}
