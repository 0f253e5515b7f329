/// A bind() that somebody wants to make: bind(2), ip(7), ipv6(7), socket(7).
public struct BindRequest: Hashable, Sendable {
    /// TCP or UDP.
    public var transport: TransportProtocol
    /// The family of the socket. An IPv6 socket may ask for a mapped address.
    public var family: AddressFamily
    /// The address and the port; port 0 lets the kernel choose.
    public var local: Endpoint
    /// SO_REUSEADDR.
    public var reuseAddress: Bool
    /// SO_REUSEPORT.
    public var reusePort: Bool
    /// IPV6_V6ONLY.
    public var isV6Only: Bool
    /// The effective user. 0 stands for CAP_NET_BIND_SERVICE.
    public var uid: UInt32
    /// SO_BINDTODEVICE: the number of the interface; 0 for none.
    public var interface: UInt32

    /// A request of its parts.
    public init(
        _ transport: TransportProtocol, _ local: Endpoint, family: AddressFamily? = nil, reuseAddress: Bool = false,
        reusePort: Bool = false, isV6Only: Bool = false, uid: UInt32 = 0, interface: UInt32 = 0
    ) {
        self.transport = transport
        self.local = local
        self.family = family ?? local.address.family
        self.reuseAddress = reuseAddress
        self.reusePort = reusePort
        self.isV6Only = isV6Only && self.family == .ipv6
        self.uid = uid
        self.interface = interface
    }

    /// An IPv6 socket asks for a mapped address, and for none of IPv4.
    public var isMappedOnV6Only: Bool { isV6Only && local.address.isIPv4 }
}
