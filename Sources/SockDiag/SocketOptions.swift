/// The options of a socket that decide whether another may be bound beside it, as getsockopt(2) gives them.
public struct SocketOptions: Hashable, Sendable {
    /// SO_REUSEADDR.
    public var reuseAddress: Bool
    /// SO_REUSEPORT.
    public var reusePort: Bool
    /// IPV6_V6ONLY; `nil` of an IPv4 socket.
    public var v6Only: Bool?
    /// The index of the device that it is bound to, in its own network namespace (SO_BINDTODEVICE, SO_BINDTOIFINDEX); 0: none.
    public var interface: UInt32

    /// Options of their values.
    public init(reuseAddress: Bool, reusePort: Bool, v6Only: Bool? = nil, interface: UInt32 = 0) {
        self.reuseAddress = reuseAddress
        self.reusePort = reusePort
        self.v6Only = v6Only
        self.interface = interface
    }
}
