/// A range of ports, both ends included: what `net.ipv4.ip_local_port_range` holds.
public struct PortRange: Hashable, Sendable {
    /// The lowest port of the range.
    public let first: UInt16
    /// The highest port of the range.
    public let last: UInt16

    /// The kernel's default, 32768 to 60999: 28 232 ports.
    public static let standard = PortRange(first: 32768, last: 60999)

    /// A range of two ports, in either order.
    public init(first: UInt16, last: UInt16) {
        self.first = min(first, last)
        self.last = max(first, last)
    }

    /// How many ports there are, 1 to 65536.
    public var count: Int { Int(last) - Int(first) + 1 }
    /// Whether the port lies in the range.
    public func contains(_ port: UInt16) -> Bool { first <= port && port <= last }
    /// The ports as a range to iterate over.
    public var ports: ClosedRange<UInt16> { first...last }
}
