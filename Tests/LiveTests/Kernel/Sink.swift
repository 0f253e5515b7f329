import Glibc

@testable import portload

/// Where the connections of populations go to.
final class Sink {
    private var listeners: [String: Socket] = [:]
    let port: UInt16

    init(port: UInt16) throws {
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
