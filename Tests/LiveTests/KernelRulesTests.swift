import Testing

@testable import portload

extension LiveTests {
    /// The rules of the kernel that portlog models, asked of the kernel itself. Each range has a hundred ports.
    @Suite struct KernelRulesTests {
        private static let range: ClosedRange<UInt16> = 40000...40099

        @Test func everyDestinationAndEverySourceHasTheWholeRange() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent.connect("127.0.0.1", 80, count: 100)
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 0)
            #expect(try agent.countFreePorts("127.0.0.2", 80) == 100)
            #expect(try agent.countFreePorts("127.0.0.1", 80, from: "127.0.0.9") == 100)
        }

        @Test func aListenerOnAnotherAddressTakesItsPort() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent.serve("127.0.0.77", 40010, as: "other")
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 99)
            try agent(.init(command: .close, name: "other"))
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 100)
        }

        @Test func aSocketThatIsOnlyBoundTakesItsPort() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent.bind("127.0.0.77", 40010)
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 99)
        }

        @Test func reservedPortsAreNeverChosen() throws {
            let namespace = try NetworkNamespace(
                range: Self.range, sysctls: ["ip_local_reserved_ports": "40020-40029"])
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            try agent.serve("127.0.0.77", 40010, as: "other")
            try agent.bind("127.0.0.78", 40011)
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 88)
            #expect(try agent.countFreeBinds("127.0.0.1") == 90)
        }

        @Test func aConnectionMadeAfterBindTakesItsPortEverywhereAndSoDoesItsTimeWait() async throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent(.init(command: .connect, name: "bound first", to: "127.0.0.1", toPort: 80, from: "127.0.0.1"))
            #expect(try agent.countFreePorts("127.0.0.2", 80) == 99)
            try agent(.init(command: .awaitAccepted, count: 1, listener: "server"))
            try agent(.init(command: .close, name: "bound first"))
            try agent(.init(command: .closeAccepted, listener: "server"))
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try agent.countFreePorts("127.0.0.2", 80) == 99)
        }

        @Test func anAcceptedConnectionTakesItsPortAlsoWithoutItsListener() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent.serve("127.0.0.77", 40010, as: "other", accept: false)
            try agent.connect("127.0.0.77", 40010)
            try agent(.init(command: .accept, name: "accepted", count: 1, listener: "other"))
            try agent(.init(command: .close, name: "other"))
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 99)
        }

        @Test func onLoopbackTimeWaitIsReusableAfterASecond() async throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range, sysctls: ["tcp_tw_reuse": "2"]))
            try agent.serve("0.0.0.0", 80)
            try agent.leaveTimeWait("127.0.0.1", 80, count: 100)
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 0)
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 100)
        }

        @Test(arguments: [["tcp_tw_reuse": "0"], ["tcp_timestamps": "0"]])
        func withoutReuseOrTimestampsTimeWaitBlocks(sysctls: [String: String]) async throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range, sysctls: sysctls))
            try agent.serve("0.0.0.0", 80)
            try agent.leaveTimeWait("127.0.0.1", 80, count: 40)
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 60)
        }

        @Test(arguments: [("1", 100), ("2", 60)])
        func anAddressOnLoopbackIsNotLoopback(reuse: String, free: Int) async throws {
            let namespace = try NetworkNamespace(
                range: Self.range, sysctls: ["tcp_tw_reuse": reuse], addresses: ["10.99.0.1/24", "10.99.0.2/24"])
            let agent = try Agent(in: namespace)
            try agent.serve("0.0.0.0", 80)
            try agent.leaveTimeWait("10.99.0.2", 80, count: 40, from: "10.99.0.1")
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try agent.countFreePorts("10.99.0.2", 80, from: "10.99.0.1") == free)
        }

        @Test func whenTheServerClosesFirstThePortsAreFreeAtOnce() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range, sysctls: ["tcp_tw_reuse": "0"]))
            try agent.serve("0.0.0.0", 80)
            try agent.connect("127.0.0.1", 80, count: 40)
            try agent(.init(command: .closeAccepted, count: 40, listener: "server"))
            try agent(.init(command: .close, name: "clients"))
            #expect(try agent.countFreePorts("127.0.0.1", 80) == 100)
        }

        @Test func anOddRangeMayKeepItsLastPort() throws {
            let agent = try Agent(in: NetworkNamespace(range: 40000...40100))
            try agent.serve("0.0.0.0", 80)
            #expect((100...101).contains(try agent.countFreePorts("127.0.0.1", 80)))
            #expect((100...101).contains(try agent.countFreeBinds("127.0.0.1")))
            #expect(try agent.countFreeBinds("127.0.0.1", .udp) == 101)
        }

        @Test func aUDPConnectMeetsEverySocketOnThePort() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            for port in UInt16(40000)..<40010 { try agent.bind("127.0.0.77", port, .udp) }
            let reply = try agent(
                .init(
                    command: .connectUntilFail, name: "filling", transport: .udp, to: "127.0.0.1", toPort: 53,
                    limit: 1000))
            #expect(reply.succeeded == 90)
            #expect(reply.errno == "EAGAIN")
            try agent(.init(command: .close, name: "filling"))
            #expect(try agent.countFreeBinds("127.0.0.1", .udp) == 100)
        }

        @Test func aUDPPoolOfReusableAddressesHasNoEnd() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            #expect(try agent.countFreeBinds("127.0.0.1", .udp, reuseAddress: true, limit: 150) == 150)
        }

        @Test func bindToPortZeroMeetsOverlappingAddressesOnly() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("0.0.0.0", 80)
            try agent.connect("127.0.0.1", 80, count: 30)
            for address in ["127.0.0.1", "0.0.0.0", "::"] {
                #expect(try agent.countFreeBinds(address) == 70, "\(address)")
            }
            for address in ["127.0.0.2", "::1"] {
                #expect(try agent.countFreeBinds(address) == 100, "\(address)")
            }
            #expect(try agent.countFreeBinds("::", v6Only: true) == 100)
        }

        @Test func aRestartOverTimeWaitNeedsReuseAddressBeforeAndAfter() throws {
            for (before, after) in [(false, false), (false, true), (true, false), (true, true)] {
                let agent = try Agent(in: NetworkNamespace())
                try agent(
                    .init(
                        command: .listen, name: "server", address: "127.0.0.1", port: 8080, reuseAddress: before,
                        accept: true))
                try agent.connect("127.0.0.1", 8080)
                try agent(.init(command: .closeAccepted, count: 1, listener: "server"))
                try agent(.init(command: .close, name: "clients"))
                try agent(.init(command: .close, name: "server"))
                let reply = try agent.ask(
                    .init(command: .bind, name: "next", address: "127.0.0.1", port: 8080, reuseAddress: after))
                #expect(reply.errno == (before && after ? nil : "EADDRINUSE"), "\(before) \(after)")
            }
        }

        @Test func anOutgoingConnectionKeepsAListenerFromItsPort() throws {
            let agent = try Agent(in: NetworkNamespace(range: Self.range))
            try agent.serve("127.0.0.2", 80)
            let port = try agent.connect("127.0.0.2", 80)[0]
            for address in ["127.0.0.1", "0.0.0.0"] {
                let reply = try agent.ask(
                    .init(command: .bind, name: "late", address: address, port: port, reuseAddress: true))
                #expect(reply.errno == "EADDRINUSE", "\(address)")
            }
        }

        @Test func portsBelowTheUnprivilegedStartNeedACapability() throws {
            let agent = try Agent(in: NetworkNamespace(), uid: 65534)
            let reply = try agent.ask(.init(command: .bind, name: "low", address: "127.0.0.1", port: 80))
            #expect(reply.errno == "EACCES")
            #expect(reply.call == "bind")
        }
    }
}
