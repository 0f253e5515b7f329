/// An address and a port: one end of a connection, or what a socket is bound to.
public struct Endpoint: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// The port, 0 to 65535; 0 with a wildcard address stands for "no peer".
    public var port: UInt16

    /// An endpoint of an address and a port.
    @inlinable public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The endpoint of a socket without a peer, in either family.
    @inlinable public var isNone: Bool { port == 0 && address.isWildcard }

    /// `10.0.0.1:80`, `[::1]:80`, and `[::ffff:10.0.0.1]:80` in an IPv6 table.
    public func text(in family: AddressFamily) -> String {
        let address = address.text(in: family)
        return family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

extension Endpoint: CustomStringConvertible {
    /// Mapped addresses are written as IPv4.
    public var description: String { text(in: address.family) }
}
