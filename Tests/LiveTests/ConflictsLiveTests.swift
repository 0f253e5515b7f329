import Testing

@testable import portload

extension LiveTests {
    /// `conflicts`: each kind is provoked by real processes.
    @Suite struct ConflictsLiveTests {
        private let scratch: Scratch
        private let namespace: NetworkNamespace
        private let portlog: Portlog
        private let web: Agent
        private let shop: Agent

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace(range: 40000...40099)
            portlog = Portlog(in: namespace, scratch)
            web = try Agent(in: namespace, program: scratch.program(named: "web"))
            shop = try Agent(in: namespace, program: scratch.program(named: "shop"))
        }

        @Test func strangersShareAPortByReusePort() throws {
            for agent in [web, shop] {
                try agent(.init(command: .listen, name: "s", address: "0.0.0.0", port: 8080, reusePort: true))
            }
            try portlog.record()
            let conflict = try conflict("reuseport_strangers", 8080)
            #expect(Self.pids(conflict) == [Int(web.pid), Int(shop.pid)])
            #expect(conflict["address"].string == "0.0.0.0")
        }

        @Test func aSpecificAddressShadowsAWildcard() throws {
            try web(.init(command: .listen, name: "s", address: "0.0.0.0", port: 8080, reusePort: true))
            try shop(.init(command: .listen, name: "s", address: "127.0.0.1", port: 8080, reusePort: true))
            try portlog.record()
            let conflict = try conflict("shadowed_listener", 8080)
            #expect(Self.pids(conflict) == [Int(web.pid), Int(shop.pid)])
        }

        @Test func aListenerStandsInTheRange() throws {
            try web.serve("127.0.0.1", 40010)
            try web.serve("127.0.0.1", 40020, as: "reserved")
            try namespace.set("ip_local_reserved_ports", "40020")
            try portlog.record()
            let conflict = try conflict("listener_in_range", 40010)
            #expect(Self.pids(conflict) == [Int(web.pid)])
            #expect(try conflicts().count == 1)
        }

        @Test func anOutgoingConnectionStealsThePortOfAListener() throws {
            try web.serve("127.0.0.1", 8080)
            try shop.serve("127.0.0.1", 40010)
            try portlog.record()
            try shop(.init(command: .close, name: "server"))
            // The kernel's own choice: all hundred ports, and so this one too.
            try #require(try web.connect("127.0.0.1", 8080, count: 100).contains(40010))
            try web(.init(command: .awaitAccepted, count: 100, listener: "server"))
            try portlog.record()
            let conflict = try conflict("port_stolen", 40010)
            #expect(Self.pids(conflict).contains(Int(web.pid)))
        }

        @Test func aGoneListenerIsHeldByItsTimeWait() throws {
            try web.serve("127.0.0.1", 8080)
            try shop.connect("127.0.0.1", 8080, count: 3)
            try web(.init(command: .awaitAccepted, count: 3, listener: "server"))
            try portlog.record()
            try web(.init(command: .closeAccepted, listener: "server"))
            try shop(.init(command: .close, name: "clients"))
            try web(.init(command: .close, name: "server"))
            try portlog.record()
            try #require(try web.ask(.init(command: .bind, address: "127.0.0.1", port: 8080)).errno == "EADDRINUSE")
            let conflict = try conflict("held_by_time_wait", 8080)
            #expect(conflict["parties"].array.contains { $0["state"].string == "time_wait" })
        }

        @Test func anotherProgramTakesOverThePort() throws {
            try web.serve("127.0.0.1", 8080)
            try portlog.record()
            try web(.init(command: .close, name: "server"))
            try portlog.record()
            try shop.serve("127.0.0.1", 8080)
            try portlog.record()
            let conflict = try conflict("ownership_change", 8080)
            #expect(Self.pids(conflict) == [Int(web.pid), Int(shop.pid)])
        }

        @Test func aListenerComesAndGoes() throws {
            for _ in 0..<4 {
                try web.serve("127.0.0.1", 8080)
                try portlog.record()
                try web(.init(command: .close, name: "server"))
                try portlog.record()
            }
            let conflict = try conflict("flapping_listener", 8080)
            #expect(Self.pids(conflict).contains(Int(web.pid)))
        }

        @Test func severalUDPSocketsShareAPort() throws {
            for agent in [web, shop] {
                try agent(
                    .init(
                        command: .bind, name: "u", transport: .udp, address: "127.0.0.1", port: 5353, reuseAddress: true
                    ))
            }
            try portlog.record()
            let conflict = try conflict("udp_shared", 5353)
            #expect(conflict["protocol"].string == "udp")
            #expect(Self.pids(conflict) == [Int(web.pid), Int(shop.pid)])
        }

        @Test func aQuietNamespaceHasNone() throws {
            try web.serve("0.0.0.0", 80)
            try web.serve("::1", 80, as: "v6")
            try web.serve("127.0.0.2", 8081, as: "one address")
            try shop.serve("127.0.0.3", 8081, as: "another")
            try web(.init(command: .forkWorkers, name: "workers", count: 2, listener: "server"))
            for _ in 0..<3 {
                try web(.init(command: .listen, name: "own", address: "0.0.0.0", port: 8082, reusePort: true))
            }
            try web.bind("127.0.0.1", 53, .udp)
            try shop.bind("127.0.0.2", 53, .udp)
            try shop.connect("127.0.0.1", 80, count: 10)
            try portlog.record()
            try shop.connect("127.0.0.1", 80, count: 5, as: "passing")
            try shop(.init(command: .close, name: "passing"))
            try portlog.record()
            try web(.init(command: .closeAccepted, count: 15, listener: "server"))
            try portlog.record()
            #expect(try conflicts() == [])
        }

        @Test func aRestartIsNoChangeOfOwner() throws {
            let program = try scratch.program(named: "daemon")
            for _ in 0..<2 {
                let daemon = try Agent(in: namespace, program: program)
                try daemon.serve("127.0.0.1", 8080)
                try portlog.record()
                daemon.end()
            }
            #expect(try conflicts() == [])
        }

        private func conflicts() throws -> [JSON] {
            try portlog.ask("conflicts")["conflicts"].array
        }

        /// The one entry of a kind and a port, with what every entry has.
        private func conflict(_ kind: String, _ port: Int) throws -> JSON {
            let all = try conflicts()
            let matching = all.filter { $0["kind"].string == kind && $0["port"].int == port }
            try #require(matching.count == 1, "\(all.map { "\($0["kind"]) \($0["port"])" })")
            let conflict = matching[0]
            #expect(["info", "warning", "critical"].contains(conflict["severity"].string))
            #expect(conflict["explanation"].string?.isEmpty == false)
            #expect(conflict["remedies"].array.isEmpty == false)
            #expect(conflict["occurrences"].int ?? 0 >= 1)
            return conflict
        }

        private static func pids(_ conflict: JSON) -> Set<Int> {
            Set(conflict["parties"].array.flatMap { $0["owners"].array }.compactMap { $0["pid"].int })
        }
    }
}
