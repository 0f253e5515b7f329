import CThreads
import Glibc
import PortModel

@testable import portload

/// The sockets of a population, made on a port of the calling thread's namespace.
final class StandingPopulation {
    /// The sockets with a descriptor, by inode.
    private(set) var sockets: [UInt64: Socket] = [:]
    /// What could be made.
    private(set) var made: [Population.Member] = []
    private var parts: [UInt64: Population.Part] = [:]
    private var open: [Socket] = []
    private let port: UInt16
    private let sinks: [Sink]
    private let sharesListeners: Bool
    private var listeners: [Listener: Socket] = [:]

    /// What tells listeners apart.
    private struct Listener: Hashable {
        var address: String
        var reuseAddress: Bool
        var reusePort: Bool
        var isV6Only: Bool

        init(of member: Population.Member) {
            (address, reuseAddress) = (member.address, member.reuseAddress)
            (reusePort, isV6Only) = (member.reusePort, member.isV6Only)
        }
    }

    /// Makes what can be made of it: what the kernel refuses is left out.
    ///
    /// - Parameter sinks: where connections go to: each to the next one, so that two may come from one address.
    init(_ population: Population, on port: UInt16, towards sinks: [Sink]) {
        self.port = port
        self.sinks = sinks
        sharesListeners = population.sharesListeners
        for member in population.members where (try? make(member, population.transport)) != nil { made.append(member) }
        for listener in listeners.values { listener.close() }
        if population.isCrowded { crowd() }
    }

    deinit { for socket in open { socket.close() } }

    /// Fills the kernel's list of the port, which is that of every port with the same remainder by the size of the table. Where that has
    /// another size it changes nothing.
    private func crowd() {
        let other = port &+ 16_384
        for _ in 0..<12 {
            guard let address = SocketAddress("127.9.9.9", other),
                let socket = try? Socket.open(SOCK_DGRAM, AF_INET, .init(reusePort: true))
            else { return }
            try? socket.bind(address)
            open.append(socket)
        }
    }

    private var sink: Sink { sinks[made.count % sinks.count] }

    private func make(_ member: Population.Member, _ transport: TransportProtocol) throws {
        let options = Socket.Options(
            reuseAddress: member.reuseAddress, reusePort: member.reusePort,
            v6Only: member.address.contains(":") ? member.isV6Only && !member.address.hasPrefix("::ffff") : nil,
            bindAddressNoPort: member.kind.isChosen)
        guard let address = SocketAddress(member.address, port) else { throw SocketFailure("address", 0) }
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
            // It keeps the address that the first connect() gave it.
            if member.address != member.source { try socket.connect(sink.address(member.source)) }
            try socket.connect(sink.address(member.target))
            keep(socket)
        case .listening:
            try socket.bind(address)
            try socket.listen(backlog: 16)
            keep(socket)
        case .queue:
            try socket.bind(address)
            try socket.listen(backlog: 16)
            open.append(try client(of: member))
            keep(socket)
        case .serving:
            try socket.bind(address)
            let (accepted, client) = try accept(member, socket)
            open.append(client)
            keep(accepted, as: .accepted(made.count))
            keep(socket)
        case .connection(.accepted, let stage):
            let listener = listeners[Listener(of: member)]
            if listener == nil { try socket.bind(address) }
            let (accepted, client) = try accept(member, listener ?? socket)
            if sharesListeners, listener == nil { listeners[Listener(of: member)] = socket } else { socket.close() }
            try bring(accepted, client, to: stage)
        case .connection(let origin, let stage):
            if origin == .bound {
                try socket.bind(address)
            } else {
                socket.narrowRange(to: port...port)
                // Another address than the route gives leaves the choice of the port to connect() all the same.
                if member.source != member.target, let source = SocketAddress(member.source, 0) {
                    try socket.bind(source)
                }
            }
            try socket.connect(sink.address(member.target))
            try bring(socket, sink.accept(member.target), to: stage)
        }
    }

    private func bring(_ socket: Socket, _ peer: Socket, to stage: Population.Stage) throws {
        switch stage {
        case .established: break
        case .closeWait: try peer.shutdownWriting()
        case .orphan:
            try socket.shutdownWriting()
            socket.awaitAcknowledgement()
            socket.close()
            open.append(peer)
            return
        case .timeWait:
            socket.close()
            peer.resetOnClose(false)
            peer.close()
            return
        }
        open.append(peer)
        keep(socket)
    }

    /// What a listener has accepted of the member's other end, and that end.
    private func accept(_ member: Population.Member, _ listener: Socket) throws -> (Socket, client: Socket) {
        try listener.listen(backlog: 16)
        let client = try client(of: member)
        do {
            // Another listener of the port may have got it.
            listener.setNonblocking()
            _ = setfsuid(member.acceptor)
            defer { _ = setfsuid(member.uid) }
            return (try listener.accept(), client)
        } catch {
            // It is not to stay in that one's queue.
            client.resetOnClose(true)
            client.close()
            throw error
        }
    }

    /// The other end, from a port that is no trial's.
    private func client(of member: Population.Member) throws -> Socket {
        guard let own = SocketAddress(member.target, 0), let address = SocketAddress(member.source, port) else {
            throw SocketFailure("address", 0)
        }
        let client = try Socket.open(SOCK_STREAM, address.family, .init(bindAddressNoPort: true))
        do {
            client.narrowRange(to: 32_768...60_999)
            try client.bind(own)
            try client.connect(address)
            return client
        } catch {
            client.close()
            throw error
        }
    }

    private func keep(_ socket: Socket, as part: Population.Part? = nil) {
        open.append(socket)
        sockets[socket.inode] = socket
        parts[socket.inode] = part ?? .whole(made.count)
    }

    /// Which part of the population each socket is; what has no inode goes by its addresses and its state.
    func parts(of found: [BoundSocket]) -> [Population.Part?] {
        var left = Array(made.enumerated())
        return found.map { socket in
            if let part = parts[socket.row.inode] { return part }
            let place = left.firstIndex { _, member in
                IPAddress(member.source) == socket.row.local.address
                    && IPAddress(member.target) == socket.row.remote.address
                    && member.kind.isConnection(in: socket.row.state)
            }
            return place.map { .whole(left.remove(at: $0).offset) }
        }
    }
}

extension Population.Kind {
    /// It leaves a socket without a descriptor in that state.
    fileprivate func isConnection(in state: SocketState) -> Bool {
        switch self {
        case .connection(_, .orphan): state == .finWait2
        case .connection(_, .timeWait): state == .timeWait
        default: false
        }
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
