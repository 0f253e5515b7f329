import Glibc

extension AgentRequest {
    /// A field that the command cannot do without.
    func need<T>(_ field: KeyPath<AgentRequest, T?>) throws -> T {
        guard let value = self[keyPath: field] else { throw AgentError("\(command.rawValue) needs \(field)") }
        return value
    }

    /// A new socket, bound to `address` and `port`.
    func bound() throws -> Socket {
        try socket(bound: try endpoint(need(\.address), port ?? 0), connected: nil)
    }

    /// A new socket, bound to `from` and `from_port` if given, and connected to `to` and `to_port`.
    func connected() throws -> Socket {
        try socket(
            bound: try from.map { try endpoint($0, fromPort ?? 0) },
            connected: try endpoint(need(\.to), need(\.toPort)))
    }

    private func socket(bound: SocketAddress?, connected: SocketAddress?) throws -> Socket {
        let options = Socket.Options(
            reuseAddress: reuseAddress ?? false, reusePort: reusePort ?? false, v6Only: v6Only,
            bindAddressNoPort: bindAddressNoPort ?? false, nonblocking: nonblocking ?? false)
        let family = bound?.family ?? connected?.family ?? AF_INET
        let socket = try Socket.open(transport == .udp ? SOCK_DGRAM : SOCK_STREAM, family, options)
        do {
            if let bound { try socket.bind(bound) }
            if let connected { try socket.connect(connected) }
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    private func endpoint(_ text: String, _ port: UInt16) throws -> SocketAddress {
        guard let address = SocketAddress(text, port) else { throw AgentError("\(text) is not an address") }
        return address
    }
}
