@testable import portload

/// Twenty steps through the life of sockets, of every kind that /proc/net shows.
struct SocketScenario {
    static let steps = 20

    private let server: Agent
    private let client: Agent
    private let other: Agent

    /// Starts the processes; no socket is there yet.
    init(_ namespace: NetworkNamespace) throws {
        server = try Agent(in: namespace)
        client = try Agent(in: namespace, uid: 1000)
        other = try Agent(in: namespace)
    }

    /// Plays one step. Afterwards nothing changes by itself, but for retransmissions.
    mutating func play(_ step: Int) throws {
        switch step {
        case 0: break
        case 1: try server.serve("127.0.0.1", 8080, accept: false)
        case 2:
            try client.connect("127.0.0.1", 8080, count: 10)
            try accept("first", 10)
        case 3: try client(.init(command: .close, name: "clients", count: 3))  // FIN_WAIT_2 of orphans, CLOSE_WAIT
        case 4: try server(.init(command: .close, name: "first", count: 3))  // TIME_WAIT of the client
        case 5: try closeServerFirst()
        case 6: try bindUDP()
        case 7: try connectUDP()
        case 8: try listenIPv6()
        case 9: try connectIPv6()
        case 10: try server(.init(command: .forkWorkers, name: "workers", count: 3, listener: "server"))
        case 11: try listenTogether()
        case 12: try client.connect("127.0.0.1", 8081, count: 5, as: "unaccepted")  // no inode until accept()
        case 13: try fillQueue()
        case 14: try client(.init(command: .shutdown, name: "clients"))
        case 15: try leaveManyTimeWaits()
        case 16: try server(.init(command: .close, name: "workers"))
        case 17: try client(.init(command: .close, name: "unaccepted"))
        case 18: try server(.init(command: .close, name: "server"))
        default:
            for name in ["clients", "v6", "mapped", "udp", "syn"] { try client(.init(command: .close, name: name)) }
            server.end()
            other.end()
        }
    }

    private func accept(_ name: String, _ count: Int, listener: String = "server") throws {
        try server(.init(command: .accept, name: name, count: count, listener: listener))
    }

    private func closeServerFirst() throws {
        try client.connect("127.0.0.1", 8080, count: 4, as: "left")
        try accept("leaving", 4)
        try server(.init(command: .close, name: "leaving"))
        try client(.init(command: .close, name: "left"))
    }

    private func bindUDP() throws {
        try server.bind("0.0.0.0", 5353, .udp, as: "udp")
        try server.bind("127.0.0.2", 5354, .udp, as: "udp")
        try server.bind("::1", 5355, .udp, as: "udp")
        for _ in 0..<2 {
            try other(
                .init(
                    command: .bind, name: "shared", transport: .udp, address: "127.0.0.1", port: 5356,
                    reuseAddress: true))
        }
    }

    private func connectUDP() throws {
        try client(.init(command: .connect, name: "udp", transport: .udp, to: "127.0.0.2", toPort: 5354, count: 2))
        try client(.init(command: .connect, name: "udp", transport: .udp, to: "::1", toPort: 5355))
    }

    private func listenIPv6() throws {
        try server(.init(command: .listen, name: "dual", address: "::", port: 8443))
        try server(.init(command: .listen, name: "only", address: "::1", port: 8444, v6Only: true))
    }

    private func connectIPv6() throws {
        try client.connect("::1", 8443, count: 2, as: "v6")
        try client.connect("127.0.0.1", 8443, count: 2, as: "mapped")
        try accept("from v6 and v4", 4, listener: "dual")
    }

    private func listenTogether() throws {
        for agent in [server, server, other] {
            try agent(.init(command: .listen, name: "together", address: "0.0.0.0", port: 9000, reusePort: true))
        }
        try server(.init(command: .listen, name: "lazy", address: "127.0.0.1", port: 8081))
    }

    /// A queue for one holds two connections; the next ones stay in SYN_SENT.
    private func fillQueue() throws {
        try server(.init(command: .listen, name: "full", address: "127.0.0.1", port: 8082, backlog: 1))
        try client(
            .init(command: .connect, name: "syn", to: "127.0.0.1", toPort: 8082, count: 5, nonblocking: true))
    }

    private func leaveManyTimeWaits() throws {
        try other.serve("127.0.0.3", 8083, as: "busy")
        try other.leaveTimeWait("127.0.0.3", 8083, count: 25, server: "busy")
    }
}
