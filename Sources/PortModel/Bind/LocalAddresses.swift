/// The addresses that bind() accepts in a network namespace: its own, and those of groups.
///
/// Source: the table `local` of the routes (`inet_addr_type_table` in net/ipv4/fib_frontend.c) and the addresses of the interfaces
/// (`ipv6_chk_addr` in net/ipv6/addrconf.c).
public struct LocalAddresses: Hashable, Sendable {
    /// IPv4 networks all of whose addresses are local, such as 127.0.0.0/8, and single ones as networks of 32 bits.
    private var networks: Set<Network> = []
    private var single: Set<IPAddress> = []
    /// `net.ipv6.ip_nonlocal_bind`: every IPv6 address is taken.
    public var takesAnyIPv6 = false

    private struct Network: Hashable {
        var address: UInt32
        var length: Int
    }

    /// None.
    public init() {}

    /// Adds an IPv4 network; `length` is that of its prefix, 0 to 32.
    public mutating func insert(_ address: IPAddress, prefix length: Int) {
        guard address.isIPv4, 0...32 ~= length else { return }
        networks.insert(Network(address: Self.masked(address, length), length: length))
    }

    /// Adds one address.
    public mutating func insert(_ address: IPAddress) { single.insert(address) }

    /// Whether bind() takes the address: a local one, a wildcard, or a multicast group or the broadcast address where the family has
    /// such.
    public func accepts(_ address: IPAddress, _ transport: TransportProtocol) -> Bool {
        if address.isWildcard || single.contains(address) { return true }
        guard address.isIPv4 else { return takesAnyIPv6 || transport == .udp && address.isIPv6Multicast }
        if address.isMulticast || address == .broadcast { return true }
        return (0...32).contains { networks.contains(Network(address: Self.masked(address, $0), length: $0)) }
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> UInt32 {
        let number = UInt32(truncatingIfNeeded: address.low)
        return length == 0 ? 0 : number & (UInt32.max << UInt32(32 - length))
    }
}
