import CThreads
import Glibc
import PortModel
import TestSupport

@testable import portload

/// Which sockets stand on one port: what a test makes of a seed, and can make again with other options on the same sockets.
struct Population {
    /// One socket, or a connection with its listener.
    struct Member: Hashable {
        var kind: Kind
        var address: String
        /// Where a connection goes to: from a wildcard it is also where it comes from.
        var target: String
        var reuseAddress: Bool
        var reusePort: Bool
        var isV6Only: Bool
        var uid: UInt32
    }

    /// What becomes of a member.
    enum Kind: Hashable, CaseIterable {
        /// Bound and no more: /proc does not show it.
        case bound
        case listening
        /// bind(), then connect().
        case boundConnection
        /// connect() alone: the kernel chose the port.
        case chosenConnection
        /// A listener with a connection that was accepted.
        case serving
        /// The same, the listener has gone.
        case accepted
        /// A listener with a connection that nobody has accepted.
        case queue
        /// TIME_WAIT of a connection that was bound before.
        case boundTimeWait
        /// TIME_WAIT of a connection whose port the kernel chose.
        case chosenTimeWait
        /// TIME_WAIT of an accepted connection, the listener has gone.
        case acceptedTimeWait
        /// FIN_WAIT_2 of a program that has closed.
        case orphan
        /// The peer has closed.
        case boundCloseWait
        case chosenCloseWait
        /// Closed again before the question.
        case gone
        case datagram
        case datagramConnection
    }

    var transport: TransportProtocol
    var members: [Member]

    /// One of its parts.
    init(_ transport: TransportProtocol, members: [Member]) {
        self.transport = transport
        self.members = members
    }

    /// A random one.
    init(_ transport: TransportProtocol, using generator: inout SeededGenerator) {
        self.transport = transport
        let count = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5].randomElement(using: &generator) ?? 1
        let kinds: [Kind] =
            transport == .udp
            ? [.datagram, .datagram, .datagram, .datagramConnection, .gone]
            : Kind.allCases.filter { $0 != .datagram && $0 != .datagramConnection } + [.listening, .bound]
        // Some have the same options throughout, so that more of them come to stand side by side.
        let common =
            Bool.random(using: &generator) ? (Bool.random(using: &generator), Bool.random(using: &generator)) : nil
        members = (0..<count).map { _ in
            let address = Self.addresses.randomElement(using: &generator) ?? "0.0.0.0"
            return Member(
                kind: kinds.randomElement(using: &generator) ?? .gone, address: address,
                target: Self.targets(of: address).randomElement(using: &generator) ?? "127.0.0.1",
                reuseAddress: common?.0 ?? Bool.random(using: &generator),
                reusePort: common?.1 ?? Bool.random(using: &generator), isV6Only: Bool.random(using: &generator),
                uid: Self.users.randomElement(using: &generator) ?? 0)
        }
    }

    /// The same sockets with other options, perhaps come about in another way and in another order.
    ///
    /// - Parameters:
    ///   - uid: the user who asks: what decides is often a socket of his that nothing shows as his.
    ///   - isInspected: the options of what has a descriptor are known, so that they stay.
    func varied(for uid: UInt32, isInspected: Bool, using generator: inout SeededGenerator) -> Population {
        var other = self
        // What lets sockets stand side by side is mostly an option that all of them have.
        let commons = [(true, true), (true, true), (true, false), (false, true), (false, false)]
        let common = generator.oneIn(3) ? nil : commons.randomElement(using: &generator)
        let only = generator.oneIn(3) ? members.indices.randomElement(using: &generator) : nil
        for index in other.members.indices where only.map({ $0 == index }) ?? !generator.oneIn(4) {
            if isInspected, members[index].hasDescriptor { continue }
            other.members[index].vary(common, uid, using: &generator)
        }
        if Bool.random(using: &generator) { other.members.shuffle(using: &generator) }
        return other
    }

    /// Addresses that are reached from an address.
    fileprivate static func targets(of address: String) -> [String] {
        if address.hasPrefix("::ffff:") { return ["::ffff:127.0.0.1", "::ffff:10.1.1.1"] }
        return address.contains(":") ? ["::1", "fd00::1"] : ["127.0.0.1", "10.1.1.1"]
    }

    /// Whether some of it is shown by nothing but sock_diag.
    var hasBoundOnly: Bool { members.contains { $0.kind == .bound } }

    static let addresses = [
        "127.0.0.1", "127.0.0.1", "127.0.0.2", "10.1.1.1", "0.0.0.0", "0.0.0.0", "::1", "fd00::1", "::", "::",
        "::ffff:127.0.0.1", "::ffff:0.0.0.0",
    ]
    static let users: [UInt32] = [0, 0, 1001, 1002]
}

extension Population.Member {
    /// Other options, and perhaps another way to what the tables show alike.
    fileprivate mutating func vary(_ common: (Bool, Bool)?, _ asking: UInt32, using generator: inout SeededGenerator) {
        reuseAddress = common?.0 ?? Bool.random(using: &generator)
        reusePort = common?.1 ?? Bool.random(using: &generator)
        isV6Only = Bool.random(using: &generator)
        if Self.leavesNoUser.contains(kind) {
            uid = Bool.random(using: &generator) ? asking : Population.users.randomElement(using: &generator) ?? 0
        }
        for alike in Self.alike where alike.contains(kind) {
            kind = alike.randomElement(using: &generator) ?? kind
        }
        // What comes from one address may have been bound to it, or to the wildcard.
        let connections = Self.alike.flatMap { $0 } + [.datagramConnection, .orphan]
        let wildcard = address.hasPrefix("::ffff:") ? "::ffff:0.0.0.0" : address.contains(":") ? "::" : "0.0.0.0"
        if connections.contains(kind), Bool.random(using: &generator) {
            if address == wildcard {
                address = target
            } else if Population.targets(of: address).contains(address) {
                (address, target) = (wildcard, address)
            }
        }
    }

    /// Its options can be asked for.
    fileprivate var hasDescriptor: Bool { !Self.leavesNoUser.contains(kind) && kind != .queue && kind != .gone }

    /// Whose it was cannot be seen.
    private static let leavesNoUser: [Population.Kind] = [.boundTimeWait, .chosenTimeWait, .acceptedTimeWait, .orphan]

    /// What the tables show alike.
    private static let alike: [[Population.Kind]] = [
        [.boundConnection, .chosenConnection, .accepted], [.boundTimeWait, .chosenTimeWait, .acceptedTimeWait],
        [.boundCloseWait, .chosenCloseWait],
    ]
}

/// The sockets of a population, made on a port of the calling thread's namespace.
final class StandingPopulation {
    /// The sockets with a descriptor, by inode.
    private(set) var sockets: [UInt64: Socket] = [:]
    /// What could be made.
    private(set) var made: [Population.Member] = []
    private var open: [Socket] = []
    private let port: UInt16
    private let sink: Sink

    /// Makes what can be made of it: what the kernel refuses is left out.
    init(_ population: Population, on port: UInt16, towards sink: Sink) {
        self.port = port
        self.sink = sink
        for member in population.members where (try? make(member, population.transport)) != nil { made.append(member) }
    }

    deinit { for socket in open { socket.close() } }

    private func make(_ member: Population.Member, _ transport: TransportProtocol) throws {
        let options = Socket.Options(
            reuseAddress: member.reuseAddress, reusePort: member.reusePort,
            v6Only: member.address.contains(":") ? member.isV6Only && !member.address.hasPrefix("::ffff") : nil)
        guard let address = SocketAddress(member.address, port) else { return }
        _ = setfsuid(member.uid)
        defer { _ = setfsuid(0) }
        let socket = try Socket.open(transport == .tcp ? SOCK_STREAM : SOCK_DGRAM, address.family, options)
        do {
            try make(member, socket, address)
        } catch {
            socket.close()
            throw error
        }
    }

    private func make(_ member: Population.Member, _ socket: Socket, _ address: SocketAddress) throws {
        switch member.kind {
        case .bound, .datagram:
            try socket.bind(address)
            keep(socket)
        case .gone:
            try socket.bind(address)
            socket.close()
        case .datagramConnection:
            try socket.bind(address)
            try socket.connect(sink.address(member.target))
            keep(socket)
        case .listening:
            try socket.bind(address)
            try socket.listen(backlog: 16)
            keep(socket)
        case .boundConnection, .chosenConnection, .boundTimeWait, .chosenTimeWait, .orphan, .boundCloseWait,
            .chosenCloseWait:
            try connect(member, socket, address)
        case .serving, .accepted, .queue, .acceptedTimeWait:
            try socket.bind(address)
            try socket.listen(backlog: 16)
            try serve(member, socket)
        }
    }

    private func connect(_ member: Population.Member, _ socket: Socket, _ address: SocketAddress) throws {
        switch member.kind {
        case .chosenConnection, .chosenTimeWait, .chosenCloseWait: socket.narrowRange(to: port...port)
        default: try socket.bind(address)
        }
        try socket.connect(sink.address(member.target))
        let peer = try sink.accept(member.target)
        switch member.kind {
        case .boundTimeWait, .chosenTimeWait:
            socket.close()
            peer.close()
        case .orphan:
            try socket.shutdownWriting()
            socket.awaitAcknowledgement()
            socket.close()
            open.append(peer)
        case .boundCloseWait, .chosenCloseWait:
            try peer.shutdownWriting()
            open.append(peer)
            keep(socket)
        default:
            open.append(peer)
            keep(socket)
        }
    }

    private func serve(_ member: Population.Member, _ listener: Socket) throws {
        let isAnywhere = IPAddress(member.address)?.isWildcard == true
        guard let address = SocketAddress(isAnywhere ? member.target : member.address, port) else { return }
        let client = try Socket.open(SOCK_STREAM, address.family)
        open.append(client)
        client.narrowRange(to: 32_768...60_999)
        try client.connect(address)
        if member.kind == .queue {
            keep(listener)
            return
        }
        // Another listener of the port may have got it.
        listener.setNonblocking()
        let accepted = try listener.accept()
        if member.kind == .serving { keep(listener) } else { listener.close() }
        if member.kind == .acceptedTimeWait {
            accepted.close()
            client.resetOnClose(false)
            client.close()
            open.removeLast()
        } else {
            keep(accepted)
        }
    }

    private func keep(_ socket: Socket) {
        open.append(socket)
        sockets[socket.inode] = socket
    }
}

/// Where the connections of populations go to.
final class Sink {
    private var listeners: [String: Socket] = [:]
    let port: UInt16

    init(port: UInt16 = 9) throws {
        self.port = port
        for (family, text) in [("4", "0.0.0.0"), ("6", "::")] {
            guard let address = SocketAddress(text, port) else { continue }
            let socket = try Socket.open(SOCK_STREAM, address.family, .init(v6Only: family == "6" ? true : nil))
            try socket.bind(address)
            try socket.listen(backlog: 4096)
            socket.setNonblocking()
            listeners[family] = socket
        }
    }

    deinit { for socket in listeners.values { socket.close() } }

    func address(_ target: String) throws -> SocketAddress {
        guard let address = SocketAddress(target, port) else { throw SocketFailure("address", 0) }
        return address
    }

    func accept(_ target: String) throws -> Socket {
        let family = target.contains(":") && !target.hasPrefix("::ffff:") ? "6" : "4"
        guard let listener = listeners[family] else { throw SocketFailure("accept", 0) }
        return try listener.accept()
    }
}

extension Socket {
    /// The inode in sockfs.
    var inode: UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    /// Waits until the peer has acknowledged the FIN: the socket is in FIN_WAIT_2.
    func awaitAcknowledgement() {
        for _ in 0..<200 where option(Int32(IPPROTO_TCP), TCP_INFO) & 0xff == 4 { usleep(500) }
    }

    /// An option of an integer; 0 where it cannot be read.
    func option(_ level: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = getsockopt(descriptor, level, name, &value, &length)
        return value
    }

    /// IP_LOCAL_PORT_RANGE (ip(7), Linux 6.3): connect() can choose these ports alone.
    func narrowRange(to ports: ClosedRange<UInt16>) {
        var value = UInt32(ports.upperBound) << 16 | UInt32(ports.lowerBound)
        _ = setsockopt(descriptor, Int32(IPPROTO_IP), 51, &value, socklen_t(MemoryLayout<UInt32>.size))
    }
}
