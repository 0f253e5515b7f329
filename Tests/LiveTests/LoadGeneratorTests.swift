import Glibc
import Testing

@testable import portload

extension LiveTests {
    /// What the load generator promises, because benchmarks stand on it.
    @Suite struct LoadGeneratorTests {
        @Test(arguments: [Side.client, .server])
        func holdMakesWhatItSaysAndLeavesNoProcess(side: Side) throws {
            let namespace = try NetworkNamespace()
            let load = try namespace.start(
                Binaries.portload,
                [
                    "hold", "--connections", "900", "--time-wait", "300", "--processes", "3", "--time-wait-side",
                    side.rawValue,
                ])
            let line = try #require(load.output.next(milliseconds: 20_000))
            let ready = try JSON(text: line)
            #expect(ready["open_sockets"].int == 1800)
            #expect(ready["time_wait"].int == 300)
            #expect(ready["processes"].int == 3)

            let reading = try ProcNet(of: namespace)
            #expect(reading.count("established") == 1800)
            #expect(reading.count("time_wait") == 300)
            let left = reading.rows.keys.filter { $0.state == "time_wait" }
            #expect(left.allSatisfy { ($0.localPort == 8080) == (side == .server) })

            load.end(SIGTERM)
            #expect(load.wait(milliseconds: 10_000) == 0)
            let after = try ProcNet(of: namespace)
            #expect(after.count("established") == 0)
            #expect(after.count("listen") == 0)
            #expect(after.count("time_wait") == 300)
        }

        @Test func holdOpensAndClosesAtTheRate() throws {
            let namespace = try NetworkNamespace()
            let load = try namespace.start(
                Binaries.portload,
                ["hold", "--connections", "500", "--rate", "500", "--processes", "2", "--reset"])
            try #require(load.output.next(milliseconds: 20_000) != nil)
            // However long it takes: half of the connections are others one day, and there are as many as before.
            let before = Set(try ProcNet(of: namespace).rows.keys)
            var reading = try ProcNet(of: namespace)
            for _ in 0..<200 where Set(reading.rows.keys).subtracting(before).count < 400 {
                usleep(50_000)
                reading = try ProcNet(of: namespace)
            }
            #expect(Set(reading.rows.keys).subtracting(before).count >= 400)
            #expect((900...1100).contains(reading.count("established")))
            #expect(reading.count("time_wait") == 0)
            load.closeInput()
            #expect(load.wait(milliseconds: 10_000) == 0)
        }

        @Test func aPlanKeepsToTheDescriptorsOfAProcess() throws {
            let plan = try HoldPlan(connections: 45_000, timeWait: 40_000, rate: 0, processes: nil, destinations: [])
            #expect(plan.shares.map(\.connections).reduce(0, +) == 45_000)
            #expect(plan.shares.map(\.timeWait).reduce(0, +) == 40_000)
            #expect(plan.shares.allSatisfy { $0.connections * 2 < HoldPlan.descriptorsPerProcess })
            let destinations = plan.shares.flatMap(\.destinations)
            #expect(Set(destinations).count == destinations.count)
            #expect(destinations.count * HoldPlan.portsPerDestination >= 85_000)
            #expect(throws: HoldError.self) {
                try HoldPlan(connections: 45_000, timeWait: 0, rate: 0, processes: 2, destinations: [])
            }
            #expect(throws: HoldError.self) {
                try HoldPlan(connections: 10, timeWait: 0, rate: 0, processes: 2, destinations: ["127.0.0.1"])
            }
        }
    }
}
