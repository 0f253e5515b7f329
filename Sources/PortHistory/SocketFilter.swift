import PortModel

/// Which sockets a question is about. `nil` means all.
public struct SocketFilter: Hashable, Sendable {
    /// The name of a namespace.
    public var namespace: String?
    /// TCP or UDP.
    public var transport: TransportProtocol?
    /// The local port.
    public var localPort: UInt16?

    /// A filter; without arguments it lets everything through.
    public init(namespace: String? = nil, transport: TransportProtocol? = nil, localPort: UInt16? = nil) {
        self.namespace = namespace
        self.transport = transport
        self.localPort = localPort
    }
}
