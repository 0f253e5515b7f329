import PortHistory
import PortModel

/// What bind() claims: an address and a port of one protocol in one namespace. A mapped address is the IPv4 address.
struct BindKey: Hashable, Sendable {
    /// The number of the namespace.
    var namespace: Int
    /// TCP or UDP.
    var transport: TransportProtocol
    /// The address and the port.
    var local: Endpoint

    /// What a socket has claimed.
    init(_ interval: SocketInterval) {
        namespace = interval.namespace
        transport = interval.table.transport
        local = interval.local
    }

    /// The port apart from the address.
    var port: PortKey { PortKey(namespace: namespace, transport: transport, port: local.port) }
}

/// One port of one protocol in one namespace: where addresses can be in each other's way.
struct PortKey: Hashable, Sendable {
    /// The number of the namespace.
    var namespace: Int
    /// TCP or UDP.
    var transport: TransportProtocol
    /// The port.
    var port: UInt16
}
