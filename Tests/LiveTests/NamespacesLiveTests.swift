import Glibc
import Testing

@testable import portload

extension LiveTests {
    /// Network namespaces beside the recorder's own, made by `ip netns` and otherwise.
    @Suite struct NamespacesLiveTests {
        /// A namespace with a name, and a service in it with some clients.
        private final class Shop {
            let name: String
            let namespace: NetworkNamespace
            let agent: Agent

            init(_ number: Int, sysctls: [String: String] = [:]) throws {
                name = "portlog-\(getpid())-\(UInt32.random(in: 0 ... .max))-\(number)"
                namespace = try NetworkNamespace(sysctls: sysctls)
                try namespace.attach(name: name)
                agent = try Agent(in: namespace)
                try agent.serve("0.0.0.0", 8080)
                try agent.connect("127.0.0.1", 8080, count: number)
            }

            deinit { _ = try? Command.run("ip", ["netns", "delete", name]) }
        }

        @Test func tenWithTheSameAddressesAndPortsAreToldApart() throws {
            let scratch = try Scratch()
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let shops = try (1...10).map { try Shop($0, sysctls: ["ip_local_port_range": "\(40000 + $0 * 10) 50000"]) }
            try portlog.record(samples: 2)

            let ranges = try portlog.ask("ephemeral", "--limit", "0")["ranges"].array
            for (index, shop) in shops.enumerated() {
                let document = try portlog.ask("sockets", "--namespace", shop.name)
                #expect(ProcNet(document: document) == (try ProcNet(of: shop.namespace)))
                for socket in document["sockets"].array where socket["inode"].int != nil {
                    #expect(socket["owners"].array.map { $0["pid"].int } == [Int(shop.agent.pid)])
                }
                let listeners = try portlog.ask("listeners", "--namespace", shop.name)["listeners"].array
                #expect(listeners.map { $0["local_port"].int } == [8080])
                let destinations = try portlog.ask("ephemeral", "--namespace", shop.name)["destinations"].array
                #expect(destinations.map { $0["used"].int } == [index + 1])
                #expect(try portlog.ask("conflicts", "--namespace", shop.name)["conflicts"].array.isEmpty)
                let range = ranges.filter { $0["namespace"].string == shop.name }
                #expect(range.map { $0["first"].int } == [40000 + (index + 1) * 10])
                #expect(range.map { $0["assumed"].bool } == [false])
            }
        }

        @Test func oneThatGoesLeavesNothingOpen() throws {
            let scratch = try Scratch()
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let recorder = try portlog.start(interval: "200ms")
            try portlog.awaitSamples(1)
            var name = ""
            do {
                let shop = try Shop(3)
                name = shop.name
                try portlog.awaitStatus("recorded") { status in
                    status["namespaces"].array.contains { $0["name"].string == name }
                }
                try portlog.awaitSamples(2)
                #expect(try portlog.ask("sockets", "--namespace", name)["sockets"].array.count == 7)
                shop.agent.kill()
            }
            try portlog.awaitStatus("gone") { status in
                !status["namespaces"].array.contains { $0["name"].string == name }
            }
            #expect(try portlog.ask("sockets", "--namespace", name)["sockets"].array.isEmpty)
            let ranges = try portlog.ask("ephemeral")["ranges"].array
            #expect(!ranges.contains { $0["namespace"].string == name })
            // It is remembered.
            #expect(try portlog.ask("who", "8080", "--namespace", name, "--since", "-1h")["count"].int == 4)
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)
            #expect(try portlog.ask("database", "check")["ok"].bool == true)
            let open = try SQLite.ask(
                portlog.database,
                """
                SELECT count(*) FROM open_interval o JOIN flow f ON f.id = o.flow JOIN namespace n ON n.id = f.namespace
                WHERE n.name = '\(name)'
                """)
            #expect(open == "0")
        }

        @Test func whatAJobLeavesInANamespaceWithANameKeepsItsOwner() throws {
            let scratch = try Scratch()
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let recorder = try portlog.start(interval: "200ms")
            try portlog.awaitSamples(1)
            let name = "portlog-\(getpid())-job"
            defer { _ = try? Command.run("ip", ["netns", "delete", name]) }
            func sockets() throws -> [JSON] { try portlog.ask("sockets", "--namespace", name)["sockets"].array }
            var before: [JSON] = []
            var pid = 0
            do {
                let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"])
                try namespace.attach(name: name)
                let agent = try Agent(in: namespace)
                pid = Int(agent.pid)
                try agent.serve("127.0.0.1", 8080)
                try agent.connect("127.0.0.1", 8080, count: 5, as: "job")
                try agent(.init(command: .awaitAccepted, count: 5, listener: "server"))
                try portlog.awaitStatus("recorded") { status in
                    status["namespaces"].array.contains { $0["name"].string == name }
                }
                try portlog.awaitSamples(2)
                try agent(.init(command: .close, name: "job"))
                try agent(.init(command: .closeAccepted, listener: "server"))
                try portlog.awaitSamples(2)
                before = try sockets().filter { $0["state"].string == "time_wait" }
                agent.end()
            }
            #expect(before.count == 5)
            func expectTheSame(_ when: String) throws {
                let now = try sockets()
                #expect(now.map { $0["local_port"].int } == before.map { $0["local_port"].int }, "\(when)")
                #expect(now.map { $0["first_seen"].string } == before.map { $0["first_seen"].string }, "\(when)")
                #expect(now.allSatisfy { $0["owners"].array.map { $0["pid"].int } == [pid] }, "\(when)")
            }
            try portlog.awaitSamples(4)
            try expectTheSame("nobody lives there")
            let next = try ChildProcess("ip", ["netns", "exec", name, "cat"])
            try portlog.awaitSamples(4)
            try expectTheSame("another job has come")
            next.closeInput()
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)
        }

        @Test func oneWithoutChangesIsReadLessOften() throws {
            let scratch = try Scratch()
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let shop = try Shop(2)
            let recorder = try portlog.start(interval: "100ms")
            try portlog.awaitSamples(1)
            func interval(_ status: JSON) -> Int? {
                status["namespaces"].array.first { $0["name"].string == shop.name }?["interval_ms"].int
            }
            try portlog.awaitStatus("idle") { interval($0) ?? 0 >= 800 }
            // What comes is seen in the next sample all the same.
            try shop.agent.serve("127.0.0.1", 9090, as: "another")
            try portlog.awaitSamples(3)
            let listeners = try portlog.ask("listeners", "--namespace", shop.name)["listeners"].array
            #expect(listeners.map { $0["local_port"].int } == [8080, 9090])
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)
        }

        @Test func withoutTheRightToEnterTheSysctlsAreAssumed() throws {
            let scratch = try Scratch()
            var portlog = Portlog(in: try NetworkNamespace(), scratch)
            portlog.recordsAllNamespaces = true
            let shop = try Shop(1, sysctls: ["ip_local_port_range": "40000 50000"])
            try portlog.record(
                samples: 2, through: ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"])
            let ranges = try portlog.ask("ephemeral", "--limit", "0")["ranges"].array
            let range = try #require(ranges.first { $0["namespace"].string == shop.name })
            #expect(range["assumed"].bool == true && range["first"].int == 32768)
            #expect(try portlog.ask("sockets", "--namespace", shop.name)["sockets"].array.count == 3)
            let host = try #require(ranges.first { $0["namespace"].string == "host" })
            #expect(host["assumed"].bool == false)
        }
    }
}
