/// The address family of a socket: which of the kernel's tables it is listed in.
public enum AddressFamily: String, Hashable, Sendable, CaseIterable, Codable {
    /// AF_INET: /proc/net/tcp, /proc/net/udp.
    case ipv4
    /// AF_INET6: /proc/net/tcp6, /proc/net/udp6. Dual-stack sockets stand here with mapped addresses.
    case ipv6
}
