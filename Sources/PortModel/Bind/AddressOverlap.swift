/// Whether two sockets claim a common address: `inet_rcv_saddr_equal` in net/ipv4/inet_connection_sock.c.
///
/// Equal addresses do, and a wildcard with everything of its family; `::` also with every IPv4 address, unless its socket has
/// IPV6_V6ONLY. Two different specific addresses never do.
public enum AddressOverlap {
    /// Whether they do.
    ///
    /// - Parameters:
    ///   - aIsV6Only: IPV6_V6ONLY of the one; it means something where `a` is `::`.
    ///   - bIsV6Only: likewise of the other.
    public static func between(_ a: IPAddress, v6Only aIsV6Only: Bool?, _ b: IPAddress, v6Only bIsV6Only: Bool?)
        -> Ternary
    {
        if a.isIPv4 == b.isIPv4 { return Ternary(a == b || a.isWildcard || b.isWildcard) }
        // One of the two is an IPv4 address: the other one covers it as `::` only.
        if a == .anyIPv6 { return !Ternary(aIsV6Only) }
        if b == .anyIPv6 { return !Ternary(bIsV6Only) }
        return .no
    }

    /// Whether a request claims an address that a socket has.
    ///
    /// An IPv4 socket that asks looks at the IPv4 side of the others (`ipv4_rcv_saddr_equal`), and that of an IPv6 socket on one
    /// address is 127.0.0.6 (LOOPBACK4_IPV6 of include/net/ipv6.h), unless it has IPV6_V6ONLY. So `0.0.0.0` meets it, although no
    /// packet ever would; the other way round it does not.
    static func between(_ request: BindRequest, _ socket: BoundSocket) -> Ternary {
        between(request, socket.row.local.address, v6Only: socket.isV6Only)
    }

    static func between(_ request: BindRequest, _ address: IPAddress, v6Only: Bool?) -> Ternary {
        let asked = request.local.address
        let seesLoopback = asked == .anyIPv4 || (asked == loopbackOfIPv6 && request.transport == .udp)
        if request.family == .ipv4, !address.isIPv4, seesLoopback { return !Ternary(v6Only) }
        return between(asked, v6Only: request.isV6Only, address, v6Only: v6Only)
    }

    /// Whether an address that the kernel remembers of a port counts for one that is asked for: `sk_reuseport_match` in
    /// net/ipv4/inet_connection_sock.c, which takes the wildcard of the remembered one alone.
    ///
    /// - Parameters:
    ///   - family: that of the remembered socket.
    ///   - v6Only: IPV6_V6ONLY of the remembered socket.
    ///   - askedIsV6Only: IPV6_V6ONLY of the one that asks; it means something where `asked` is `::`.
    static func isRemembered(
        _ address: IPAddress, _ family: AddressFamily, v6Only: Bool, _ asked: IPAddress, v6Only askedIsV6Only: Bool
    ) -> Bool {
        if address == .anyIPv6 { return !(asked.isIPv4 && v6Only) }
        if address.isIPv4 && asked.isIPv4 { return address == asked || address.isWildcard }
        // Of an IPv4 socket nothing but the IPv4 side of the other one is looked at, which of `::` is a wildcard.
        if address == .anyIPv4 && asked == .anyIPv6 && family == .ipv4 { return !askedIsV6Only }
        return address == asked
    }

    private static let loopbackOfIPv6 = IPAddress(ipv4: 0x7f00_0006)
}
