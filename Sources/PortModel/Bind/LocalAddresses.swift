/// The addresses that bind() accepts in a network namespace: its own, and those of groups.
///
/// Source: the table `local` of the routes (`inet_addr_type_table` in net/ipv4/fib_frontend.c) and the addresses of the interfaces
/// (`ipv6_chk_addr` in net/ipv6/addrconf.c).
public struct LocalAddresses: Hashable, Sendable {
    /// IPv4 networks all of whose addresses are local, such as 127.0.0.0/8, and single ones as networks of 32 bits.
    private var networks: Set<Network> = []
    /// IPv6 addresses, and the interfaces on which alone they count; 0 for all.
    private var single: [IPAddress: Set<UInt32>] = [:]
    /// IPv4 addresses of all hosts of a network: bind() takes them, and no connection leads there.
    private var broadcasts: Set<IPAddress> = [.broadcast]
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
    ///
    /// - Parameter interface: the number of the interface that has it, for one that counts there alone: of a link or of the host
    ///   (`ipv6_chk_addr_and_flags` in net/ipv6/addrconf.c). 0: for all.
    public mutating func insert(_ address: IPAddress, on interface: UInt32 = 0) {
        single[address, default: []].insert(interface)
    }

    /// Adds the address of all hosts of an IPv4 network.
    public mutating func insert(broadcast address: IPAddress) {
        insert(address, prefix: 32)
        broadcasts.insert(address)
    }

    /// Whether the address is that of all hosts of an IPv4 network.
    public func isBroadcast(_ address: IPAddress) -> Bool { broadcasts.contains(address) }

    /// Whether bind() takes the address: a local one, a wildcard, or a multicast group or the broadcast address where the family has
    /// such.
    ///
    /// - Parameter interface: the number of the interface that the socket is bound to; 0 for none.
    public func accepts(_ address: IPAddress, _ transport: TransportProtocol, on interface: UInt32 = 0) -> Bool {
        if address.isWildcard { return true }
        if let interfaces = single[address], interface == 0 || interfaces.contains(0) || interfaces.contains(interface)
        {
            return true
        }
        guard address.isIPv4 else { return takesAnyIPv6 || transport == .udp && address.isIPv6Multicast }
        if address.isMulticast || isBroadcast(address) { return true }
        return (0...32).contains { networks.contains(Network(address: Self.masked(address, $0), length: $0)) }
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> UInt32 {
        let number = UInt32(truncatingIfNeeded: address.low)
        return length == 0 ? 0 : number & (UInt32.max << UInt32(32 - length))
    }
}
