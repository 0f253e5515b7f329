import Glibc

/// Connections of which this process has both ends.
struct ConnectionPairs {
    private struct Pair {
        let client: Socket
        let server: Socket
    }

    private struct Destination {
        let address: SocketAddress
        let listener: Socket
    }

    private let destinations: [Destination]
    private var pairs: [Pair] = []
    private var opened = 0
    private var oldest = 0

    /// Listens on one port of each address.
    init(to addresses: [String], port: UInt16) throws {
        destinations = try addresses.map { text in
            guard let address = SocketAddress(text, port) else { throw SocketFailure("inet_pton", EINVAL) }
            let listener = try Socket.open(SOCK_STREAM, address.family, .init(reuseAddress: true))
            try listener.bind(address)
            try listener.listen(backlog: 1024)
            return Destination(address: address, listener: listener)
        }
    }

    /// Opens a connection and holds it; it is reset when the process ends, so that nothing is left behind.
    mutating func open() throws {
        let pair = try connect()
        pair.client.resetOnClose(true)
        pairs.append(pair)
    }

    /// Opens and closes a connection, `side` first.
    mutating func leaveTimeWait(_ side: Side) throws {
        Self.close(try connect(), first: side)
    }

    /// Replaces the oldest connection by a new one; `nil` resets it.
    mutating func renew(_ side: Side?) throws {
        guard !pairs.isEmpty else {
            let pair = try connect()
            if side == nil { pair.client.resetOnClose(true) }
            return Self.close(pair, first: side ?? .client)
        }
        let old = pairs[oldest]
        let new = try connect()
        new.client.resetOnClose(true)
        pairs[oldest] = new
        oldest = (oldest + 1) % pairs.count
        if side != nil { old.client.resetOnClose(false) }
        Self.close(old, first: side ?? .client)
    }

    /// On loopback connect() returns with the connection in the listener's queue.
    private mutating func connect() throws -> Pair {
        let destination = destinations[opened % destinations.count]
        opened += 1
        let client = try Socket.open(SOCK_STREAM, destination.address.family)
        try client.connect(destination.address)
        return Pair(client: client, server: try destination.listener.accept())
    }

    private static func close(_ pair: Pair, first side: Side) {
        (side == .client ? pair.client : pair.server).close()
        (side == .client ? pair.server : pair.client).close()
    }
}
