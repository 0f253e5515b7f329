import Testing

@testable import portload

extension LiveTests {
    /// `ephemeral` against the kernel: free is how many more connect() calls succeed.
    @Suite struct EphemeralLiveTests {
        @Test(arguments: EphemeralScenario.all)
        func freeIsTheNumberOfFurtherConnects(scenario: EphemeralScenario) throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(
                range: scenario.range, sysctls: scenario.sysctls, addresses: ["10.99.0.1/24", "10.99.0.2/24"])
            let portlog = Portlog(in: namespace, scratch)
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            try scenario.play(.init(agent: agent, namespace: namespace, record: { try portlog.record() }))
            try portlog.record()

            let document = try portlog.ask("ephemeral")
            for destination in scenario.destinations {
                let entry = try #require(Self.entry(document, destination), "\(destination) in \(document)")
                let connects = try agent.countFreePorts(destination.to, destination.port, from: destination.from)
                if scenario.range.count % 2 == 0 {
                    #expect(entry["free"].int == connects, "\(destination): \(entry)")
                } else {
                    #expect([connects, connects + 1].contains(entry["free"].int), "\(destination): \(entry)")
                    #expect(entry["certain"].bool == false, "\(destination): \(entry)")
                }
                #expect(entry["free"].int == (entry["capacity"].int ?? 0) - (entry["used"].int ?? 0))
            }
        }

        @Test func thePoolsOfBindAreWhatBindGets() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(
                range: 40000...40099, sysctls: ["ip_local_reserved_ports": "40050-40059"])
            let portlog = Portlog(in: namespace, scratch)
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            try agent.serve("127.0.0.77", 40010, as: "inside")
            try agent.connect("127.0.0.1", 80, count: 23)
            try agent.bind("127.0.0.3", 40011, .udp)
            try agent.bind("::1", 40012, .udp)
            try portlog.record()
            let pools = try portlog.ask("ephemeral")["bind"].array
            for transport in [AgentRequest.Transport.tcp, .udp] {
                let pool = try #require(pools.first { $0["protocol"].string == transport.rawValue })
                #expect(pool["capacity"].int == 90)
                #expect(pool["free"].int == (try agent.countFreeBinds("::", transport)), "\(transport)")
            }
        }

        @Test func connectIsSlowOnceNoPortOfTheFirstParityIsFree() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(range: 40000...40099)
            let portlog = Portlog(in: namespace, scratch)
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            let ports = try agent.connect("127.0.0.1", 80, count: 49)
            try #require(ports.allSatisfy { $0 % 2 == 0 })
            try portlog.record()
            #expect(try portlog.ask("ephemeral")["destinations"][0]["slow_connect"].bool == false)
            try agent.connect("127.0.0.1", 80)
            try portlog.record()
            #expect(try portlog.ask("ephemeral")["destinations"][0]["slow_connect"].bool == true)
        }

        @Test func afterBindBeforeConnectFreeIsAnUpperBoundAndSaysSo() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(range: 40000...40099)
            let portlog = Portlog(in: namespace, scratch)
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            // Odd ports, while the even ones are free: nothing else in /proc shows that these were bound.
            try agent(
                .init(command: .connect, name: "bound first", to: "127.0.0.1", toPort: 80, from: "127.0.0.1", count: 30)
            )
            try agent.connect("127.0.0.2", 80)
            try portlog.record()
            let document = try portlog.ask("ephemeral")
            let entry = try #require(Self.entry(document, .init(to: "127.0.0.2")), "\(document)")
            #expect(entry["free"].int ?? 0 >= (try agent.countFreePorts("127.0.0.2", 80)))
            #expect(entry["certain"].bool == false)
        }

        private static func entry(_ document: JSON, _ destination: EphemeralScenario.Destination) -> JSON? {
            let from = destination.from ?? (destination.to.contains(":") ? "::1" : "127.0.0.1")
            return document["destinations"].array.first {
                $0["local_address"].string == from && $0["remote_address"].string == destination.to
                    && $0["remote_port"].int == Int(destination.port) && $0["protocol"].string == "tcp"
            }
        }
    }
}
