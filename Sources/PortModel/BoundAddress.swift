extension IPAddress {
    /// Whether a socket bound to this address receives what is sent to `address`: the same address, or a wildcard that
    /// includes it. `::` includes IPv4, as it does unless its socket is IPV6_V6ONLY, which /proc does not show.
    public func covers(_ address: IPAddress) -> Bool {
        self == address || self == .anyIPv6 || (self == .anyIPv4 && address.isIPv4)
    }

    /// Whether bind() sees two sockets of one port, bound to these addresses, as rivals (kernel rules: equal, or one is a
    /// wildcard that includes the other).
    public func overlaps(_ address: IPAddress) -> Bool { covers(address) || address.covers(self) }
}
