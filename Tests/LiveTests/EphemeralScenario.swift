import Glibc
import Testing

@testable import portload

/// A state of a namespace whose ephemeral ports are few, and the destinations that a test counts in it.
struct EphemeralScenario: Sendable, CustomTestStringConvertible {
    /// From where to where connections are made.
    struct Destination: Sendable {
        var to: String
        var port: UInt16 = 80
        /// `nil`: the kernel chooses, for loopback 127.0.0.1 and ::1.
        var from: String?
    }

    /// What happens in the namespace.
    struct Stage {
        let agent: Agent
        let namespace: NetworkNamespace
        /// Takes a sample in between.
        let record: () throws -> Void
    }

    let testDescription: String
    var range: ClosedRange<UInt16> = 40000...40099
    var sysctls: [String: String] = [:]
    var destinations = [Destination(to: "127.0.0.1")]
    /// Plays after a server listens on port 80 of every address.
    let play: @Sendable (Stage) throws -> Void

    private init(
        _ testDescription: String, range: ClosedRange<UInt16>? = nil, _ sysctls: [String: String] = [:],
        _ destinations: [Destination]? = nil, play: @escaping @Sendable (Stage) throws -> Void
    ) {
        self.testDescription = testDescription
        if let range { self.range = range }
        self.sysctls = sysctls
        if let destinations { self.destinations = destinations }
        self.play = play
    }

    /// Not loopback to the kernel, although routed over lo.
    private static let near = Destination(to: "10.99.0.2", from: "10.99.0.1")
    /// Young: far from reusable when the ports are counted. Old: reusable for long.
    private static let young = ["tcp_tw_reuse_delay": "60000"]
    private static let old = ["tcp_tw_reuse_delay": "100"]

    private static func with(_ delay: [String: String], reuse: Int) -> [String: String] {
        delay.merging(["tcp_tw_reuse": "\(reuse)"]) { $1 }
    }

    /// Leaves 40 TIME_WAITs and a connection to the destination, so that it is one also where all are reusable.
    private static func leave40(_ destination: Destination) -> @Sendable (Stage) throws -> Void {
        { stage in
            try stage.agent.leaveTimeWait(destination.to, destination.port, count: 40, from: destination.from)
            try stage.agent.connect(destination.to, destination.port, from: destination.from)
            usleep(300_000)
        }
    }

    static let all: [EphemeralScenario] =
        addresses + listeners + timeWaits + [oddRange, everything]

    private static let addresses = [
        EphemeralScenario("one destination, partly used") { try $0.agent.connect("127.0.0.1", 80, count: 37) },
        EphemeralScenario("half of the ports and more") { try $0.agent.connect("127.0.0.1", 80, count: 63) },
        EphemeralScenario(
            "several destinations, one exhausted", [:],
            [.init(to: "127.0.0.1"), .init(to: "127.0.0.2"), .init(to: "127.0.0.1", port: 81)]
        ) { stage in
            try stage.agent.serve("127.0.0.1", 81, as: "81")
            try stage.agent.connect("127.0.0.1", 80, count: 10)
            try stage.agent.connect("127.0.0.2", 80, count: 100)
            try stage.agent.connect("127.0.0.1", 81)
        },
        EphemeralScenario(
            "several sources", [:], [.init(to: "127.0.0.1"), .init(to: "127.0.0.1", from: "127.0.0.9")]
        ) { stage in
            try stage.agent.connect("127.0.0.1", 80, count: 70)
            try stage.agent.connect("127.0.0.1", 80, count: 20, from: "127.0.0.9")
        },
        EphemeralScenario("IPv6", [:], [.init(to: "::1"), .init(to: "127.0.0.1")]) { stage in
            try stage.agent.serve("::1", 80, as: "v6")
            try stage.agent.connect("::1", 80, count: 33)
            try stage.agent.connect("127.0.0.1", 80, count: 11)
        },
        EphemeralScenario("mapped addresses are IPv4's") { stage in
            try stage.agent.connect("::ffff:127.0.0.1", 80, count: 15)
            try stage.agent.connect("127.0.0.1", 80, count: 15)
        },
        EphemeralScenario("half-closed connections and orphans") { stage in
            try stage.agent.connect("127.0.0.1", 80, count: 10)
            try stage.agent(.init(command: .shutdown, name: "clients"))
            try stage.agent.connect("127.0.0.1", 80, count: 10, as: "orphans")
            try stage.agent(.init(command: .close, name: "orphans"))
        },
        EphemeralScenario("reserved ports, some of them reserved while in use") { stage in
            try stage.agent.connect("127.0.0.1", 80, count: 30)
            try stage.namespace.set("ip_local_reserved_ports", "40000-40019,40090-40094,50000")
        },
        EphemeralScenario("UDP is another port space") { stage in
            for port in UInt16(40000)..<40040 { try stage.agent.bind("127.0.0.1", port, .udp) }
            try stage.agent.connect("127.0.0.1", 80, count: 5)
        },
    ]

    private static let listeners = [
        EphemeralScenario("listeners in the range, on any address") { stage in
            try stage.agent.serve("127.0.0.77", 40010, as: "a")
            try stage.agent.serve("0.0.0.0", 40011, as: "b")
            try stage.agent.serve("::1", 40012, as: "c")
            try stage.agent.serve("::", 40013, as: "d")
            try stage.agent.serve("127.0.0.1", 50000, as: "outside")
            try stage.agent.connect("127.0.0.1", 80, count: 20)
        },
        EphemeralScenario(
            "connections to a listener in the range", [:],
            [.init(to: "127.0.0.1"), .init(to: "127.0.0.1", port: 40010)]
        ) { stage in
            try stage.agent.serve("127.0.0.1", 40010, as: "inside")
            try stage.agent.connect("127.0.0.1", 40010, count: 3)
            try stage.agent.connect("127.0.0.1", 80, count: 20)
        },
        EphemeralScenario("an accepted connection whose listener has gone") { stage in
            try stage.agent.serve("127.0.0.77", 40010, as: "inside", accept: false)
            try stage.agent.connect("127.0.0.77", 40010, count: 2)
            try stage.agent(.init(command: .accept, name: "accepted", count: 2, listener: "inside"))
            try stage.record()
            try stage.agent(.init(command: .close, name: "inside"))
            try stage.agent.connect("127.0.0.1", 80, count: 20)
        },
        EphemeralScenario("TIME_WAIT of an accepted connection", with(old, reuse: 1)) { stage in
            try stage.agent.serve("127.0.0.77", 40010, as: "inside")
            try stage.agent.connect("127.0.0.77", 40010, count: 2, as: "passing")
            try stage.record()
            try stage.agent(.init(command: .closeAccepted, count: 2, listener: "inside"))
            try stage.agent(.init(command: .close, name: "passing"))
            try stage.agent(.init(command: .close, name: "inside"))
            try stage.agent.connect("127.0.0.1", 80, count: 20)
            usleep(300_000)
        },
        EphemeralScenario("the server closed first", ["tcp_tw_reuse": "0"]) { stage in
            try stage.agent.connect("127.0.0.1", 80, count: 40, as: "passing")
            try stage.agent(.init(command: .closeAccepted, count: 40, listener: "server"))
            try stage.agent(.init(command: .close, name: "passing"))
            try stage.agent.connect("127.0.0.1", 80)
        },
    ]

    private static let timeWaits = [
        EphemeralScenario(
            "young TIME_WAIT on loopback, tw_reuse 2", with(young, reuse: 2), play: leave40(.init(to: "127.0.0.1"))),
        EphemeralScenario(
            "old TIME_WAIT on loopback, tw_reuse 2", with(old, reuse: 2), play: leave40(.init(to: "127.0.0.1"))),
        EphemeralScenario("TIME_WAIT of 1.3 s, the delay of a second") { stage in
            try leave40(.init(to: "127.0.0.1"))(stage)
            usleep(1_000_000)
        },
        EphemeralScenario(
            "old TIME_WAIT on loopback, tw_reuse 0", with(old, reuse: 0), play: leave40(.init(to: "127.0.0.1"))),
        EphemeralScenario("old TIME_WAIT, tw_reuse 1", with(old, reuse: 1), [near], play: leave40(near)),
        EphemeralScenario("young TIME_WAIT, tw_reuse 1", with(young, reuse: 1), [near], play: leave40(near)),
        EphemeralScenario(
            "old TIME_WAIT not on loopback, tw_reuse 2", with(old, reuse: 2), [near], play: leave40(near)),
        EphemeralScenario(
            "old TIME_WAIT on IPv6 loopback, tw_reuse 2", with(old, reuse: 2), [.init(to: "::1")]
        ) { stage in
            try stage.agent.serve("::1", 80, as: "v6")
            try stage.agent.leaveTimeWait("::1", 80, count: 40, server: "v6")
            try stage.agent.connect("::1", 80)
            usleep(300_000)
        },
        EphemeralScenario(
            "old TIME_WAIT without timestamps", with(old, reuse: 1).merging(["tcp_timestamps": "0"]) { $1 },
            play: leave40(.init(to: "127.0.0.1"))),
    ]

    /// The kernel may stop one short here.
    static let oddRange = EphemeralScenario("a range of 101 ports", range: 40000...40100) {
        try $0.agent.connect("127.0.0.1", 80, count: 12)
    }

    private static let everything = EphemeralScenario(
        "everything at once", with(old, reuse: 2), [.init(to: "127.0.0.1"), .init(to: "127.0.0.2"), near]
    ) { stage in
        try stage.agent.serve("127.0.0.77", 40010, as: "inside")
        try stage.agent.connect("127.0.0.2", 80, count: 44)
        try stage.agent.leaveTimeWait("127.0.0.1", 80, count: 30)
        try leave40(near)(stage)
        try stage.agent.connect("127.0.0.1", 80, count: 7)
        try stage.namespace.set("ip_local_reserved_ports", "40050-40059")
    }
}
