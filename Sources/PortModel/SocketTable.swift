/// One of the kernel's four socket tables, in the order in which a sample reads them.
///
/// The raw value is stored in the history and never changes its meaning.
public enum SocketTable: UInt8, Hashable, Sendable, CaseIterable {
    /// /proc/net/tcp
    case tcp = 0
    /// /proc/net/tcp6
    case tcp6 = 1
    /// /proc/net/udp
    case udp = 2
    /// /proc/net/udp6
    case udp6 = 3

    /// The table of a protocol and a family.
    public init(_ transport: TransportProtocol, _ family: AddressFamily) {
        switch (transport, family) {
        case (.tcp, .ipv4): self = .tcp
        case (.tcp, .ipv6): self = .tcp6
        case (.udp, .ipv4): self = .udp
        case (.udp, .ipv6): self = .udp6
        }
    }

    /// TCP or UDP.
    @inlinable public var transport: TransportProtocol { rawValue < 2 ? .tcp : .udp }
    /// The family of the table; a mapped address in tcp6 is IPv6 here.
    @inlinable public var family: AddressFamily { rawValue & 1 == 0 ? .ipv4 : .ipv6 }
    /// The name of the file below /proc/net: `tcp`, `tcp6`, `udp`, `udp6`.
    public var fileName: String {
        switch self {
        case .tcp: "tcp"
        case .tcp6: "tcp6"
        case .udp: "udp"
        case .udp6: "udp6"
        }
    }
}
