/// Where outgoing TCP connections go to, and from which address: what has an ephemeral port space of its own.
///
/// A TCP socket is told apart by its four-tuple, so that each destination can use every port once. Mapped IPv6 addresses are
/// IPv4 here, as they are for the kernel: an IPv6 socket that connects to `::ffff:10.0.0.1` shares its ports with IPv4 ones.
public struct Destination: Hashable, Sendable {
    /// The source address.
    public var local: IPAddress
    /// The peer's address.
    public var remote: IPAddress
    /// The peer's port.
    public var remotePort: UInt16

    /// A destination of its parts.
    @inlinable public init(local: IPAddress, remote: IPAddress, remotePort: UInt16) {
        self.local = local
        self.remote = remote
        self.remotePort = remotePort
    }

    /// IPv4 for mapped addresses.
    public var family: AddressFamily { remote.family }
    /// True when one end is a real loopback address, which is what `tcp_tw_reuse = 2` asks for.
    public var isLoopback: Bool { local.isLoopback || remote.isLoopback }
}

extension Destination: Comparable {
    /// By peer, then by source.
    public static func < (a: Destination, b: Destination) -> Bool {
        (a.remote, a.remotePort, a.local) < (b.remote, b.remotePort, b.local)
    }
}
