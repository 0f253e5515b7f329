import Glibc
import PortHistory
import PortModel
import PortProbe
import PortReports
import TestSupport

@testable import portload

/// Sockets on a small ephemeral range, the prediction how many connect() calls to a destination succeed, and the kernel's word on it.
struct ConnectTrial {
    /// How many are predicted, and whether that is said to be exact.
    private(set) var free: Int?
    private(set) var isCertain = false
    /// The same from /proc alone; nil where a socket stands that is only bound.
    private(set) var freeByProc: Int?
    /// How many the kernel allows.
    private(set) var allowed = 0
    /// A connection was bound before connect(), and not even the parity of its port shows that.
    private(set) var hasHidden = false
    /// What was made, for messages.
    private(set) var story: [String] = []

    /// Makes the sockets in the calling thread's namespace, predicts, and counts.
    ///
    /// - Parameter isBoundBefore: some connections were bound before connect(), which nothing shows.
    init(using generator: inout SeededGenerator, isBoundBefore: Bool, scratch: String) throws {
        let size = UInt16(2 * Int.random(in: 4...20, using: &generator))
        let first = UInt16.random(in: 2000...60_000, using: &generator)
        let range = first...(first + size - 1)
        try NetworkNamespace.setHere("ip_local_port_range", "\(range.lowerBound) \(range.upperBound)")
        let reserved = range.filter { _ in generator.oneIn(9) }
        try NetworkNamespace.setHere("ip_local_reserved_ports", reserved.map(String.init).joined(separator: ",") + "\n")
        try NetworkNamespace.setHere("tcp_tw_reuse", ["0", "1", "2"].randomElement(using: &generator) ?? "2")
        // Long enough to wait for, or so long that nothing gets there.
        let delay = Bool.random(using: &generator) ? 1 : 60_000
        try? NetworkNamespace.setHere("tcp_tw_reuse_delay", "\(delay)")
        story.append("range \(range), reserved \(reserved), delay \(delay)")
        let sinks = try [Sink(port: 9), Sink(port: 10)]
        var stage = Stage(range: range, sinks: sinks)
        for _ in 0..<Int.random(in: 0...10, using: &generator) {
            story.append(stage.add(isBoundBefore: isBoundBefore, using: &generator))
        }

        // A recorder sees who was accepted while the listeners are there.
        let history = "\(scratch)/\(generator.next()).db"
        let writer = try HistoryWriter(path: history, host: "test", bootID: "test")
        defer { writer.close() }
        let probe = HostProbe()
        let before = try probe.look(.sockDiag)
        let snapshot = Snapshot(rows: before.sockets.map(\.row), limits: before.limits)
        try writer.append(
            SampleRecord(takenAt: before.at, bootClock: before.bootClock), [snapshot], writer.compare([snapshot]))
        for _ in 0..<Int.random(in: 0...8, using: &generator) { story.append(stage.end(using: &generator)) }

        hasHidden = stage.hasHidden
        if delay == 1 { usleep(80_000) }
        let source = IPAddress(ipv4: 0x7f00_0001)
        let target = Endpoint(source, 9)
        for witness in [SocketSource.sockDiag, .proc] {
            let look = try probe.look(witness)
            var scene = PortScene.present(look)
            try HistoryReader(path: history).read { try scene.learn(from: $0, bootID: "test") }
            let report = ExplainConnectReport(from: source, to: target, in: scene).make()
            if witness == .sockDiag {
                free = report.free
                isCertain = report.certain == true
            } else if !stage.hasBoundOnly {
                freeByProc = report.free
            }
        }
        while allowed <= 2 * Int(size) {
            let socket = try Socket.open(SOCK_STREAM, AF_INET)
            stage.keep(socket)
            do {
                try socket.connect(sinks[0].address("127.0.0.1"))
            } catch let failure as SocketFailure where failure.code == EADDRNOTAVAIL {
                return
            }
            allowed += 1
        }
    }

    var description: String { "\(story): predicted \(free ?? -1), by /proc \(freeByProc ?? -1), kernel \(allowed)" }
}

/// A socket that is closed once.
private final class Held {
    let socket: Socket
    private var isOpen = true

    init(_ socket: Socket) { self.socket = socket }

    func close() {
        if isOpen { socket.close() }
        isOpen = false
    }

    deinit { close() }
}

/// The sockets of a trial while they come and go.
private struct Stage {
    let range: ClosedRange<UInt16>
    let sinks: [Sink]
    private var open: [Held] = []
    private var listeners: [Held] = []
    private var accepted: [(client: Held, server: Held)] = []
    private var outgoing: [(client: Held, server: Held)] = []
    private(set) var hasBoundOnly = false
    /// A port of the parity that connect() takes first was bound before connect(): nothing tells it from others.
    private(set) var hasHidden = false

    init(range: ClosedRange<UInt16>, sinks: [Sink]) {
        self.range = range
        self.sinks = sinks
    }

    mutating func keep(_ socket: Socket) { open.append(Held(socket)) }

    /// Makes something; what that was.
    mutating func add(isBoundBefore: Bool, using generator: inout SeededGenerator) -> String {
        let port = range.randomElement(using: &generator) ?? range.lowerBound
        let address = ["127.0.0.1", "127.0.0.2", "0.0.0.0"].randomElement(using: &generator) ?? "0.0.0.0"
        let kind = Int.random(in: 0..<(isBoundBefore ? 7 : 6), using: &generator)
        do {
            switch kind {
            case 0:
                open.append(try bind(address, port))
                hasBoundOnly = true
                return "bound \(address):\(port)"
            case 1, 2:
                let listener = try bind(address, port)
                try listener.socket.listen(backlog: 8)
                listeners.append(listener)
                if kind == 1 { return "listener \(address):\(port)" }
                try accept(address == "0.0.0.0" ? "127.0.0.1" : address, port, listener)
                return "accepted on \(address):\(port)"
            case 6:
                let client = try bind("127.0.0.1", generator.oneIn(3) ? port : 0)
                let own = SocketAddress.localPort(of: client.socket.descriptor)
                if (own ^ range.lowerBound) & 1 == 0 { hasHidden = true }
                try connect(client, sinks[1])
                return "bound before connect \(own)"
            default:
                let sink = sinks[generator.oneIn(3) ? 1 : 0]
                try connect(Held(try Socket.open(SOCK_STREAM, AF_INET)), sink)
                return "connection to \(sink.port)"
            }
        } catch {
            return "refused"
        }
    }

    /// Ends something; what that was.
    mutating func end(using generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0 where !listeners.isEmpty:
            listeners.remove(at: Int.random(in: listeners.indices, using: &generator)).close()
            return "listener gone"
        case 1 where !accepted.isEmpty:
            let pair = accepted.remove(at: Int.random(in: accepted.indices, using: &generator))
            let serverFirst = Bool.random(using: &generator)
            (serverFirst ? pair.server : pair.client).close()
            (serverFirst ? pair.client : pair.server).close()
            return "accepted closed, \(serverFirst ? "server" : "client") first"
        case 2 where !outgoing.isEmpty:
            let pair = outgoing.remove(at: Int.random(in: outgoing.indices, using: &generator))
            let clientFirst = !generator.oneIn(4)
            (clientFirst ? pair.client : pair.server).close()
            (clientFirst ? pair.server : pair.client).close()
            return "connection closed, \(clientFirst ? "client" : "server") first"
        default: return "nothing"
        }
    }

    private func bind(_ address: String, _ port: UInt16) throws -> Held {
        guard let local = SocketAddress(address, port) else { throw SocketFailure("address", 0) }
        let held = Held(try Socket.open(SOCK_STREAM, AF_INET))
        try held.socket.bind(local)
        return held
    }

    /// A connection to a listener, from a port that is not of the range.
    private mutating func accept(_ address: String, _ port: UInt16, _ listener: Held) throws {
        let client = Held(try Socket.open(SOCK_STREAM, AF_INET))
        let outside = UInt16(accepted.count) + (range.lowerBound > 3000 ? 1500 : 61_500)
        guard let target = SocketAddress(address, port), let own = SocketAddress("127.0.0.3", outside) else { return }
        try client.socket.bind(own)
        try client.socket.connect(target)
        listener.socket.setNonblocking()
        accepted.append((client, Held(try listener.socket.accept())))
    }

    private mutating func connect(_ client: Held, _ sink: Sink) throws {
        try client.socket.connect(sink.address("127.0.0.1"))
        outgoing.append((client, Held(try sink.accept("127.0.0.1"))))
    }
}
