import PortHistory
import PortModel

/// One socket as JSON shows it: `socket` of docs/json-output.md. ``SocketDocuments`` makes it from an interval.
public struct SocketDocument: Hashable, Sendable {
    /// The name of the namespace; `host` for the recorder's own.
    public var namespace: String
    /// The kernel's table: protocol and family.
    public var table: SocketTable
    /// The state.
    public var state: SocketState
    /// The local address and port.
    public var local: Endpoint
    /// The peer; `nil` without one.
    public var remote: Endpoint?
    /// True where mapped addresses are shown as IPv4, as `conflicts` and `explain` show them.
    public var showsMappedAsIPv4: Bool
    /// The user; `nil` where the kernel printed no inode.
    public var uid: UInt32?
    /// The inode; `nil` where the kernel printed none.
    public var inode: UInt64?
    /// The processes that hold it, or held its last live row.
    public var owners: [OwnerDocument]
    /// How they are known.
    public var attribution: Attribution
    /// The first sample that saw the socket, in any state.
    public var firstSeen: Timestamp
    /// The last sample that saw the socket, in any state.
    public var lastSeen: Timestamp

    /// A document of its fields.
    public init(
        namespace: String, table: SocketTable, state: SocketState, local: Endpoint, remote: Endpoint?,
        showsMappedAsIPv4: Bool = false, uid: UInt32?, inode: UInt64?, owners: [OwnerDocument],
        attribution: Attribution, firstSeen: Timestamp, lastSeen: Timestamp
    ) {
        self.namespace = namespace
        self.table = table
        self.state = state
        self.local = local
        self.remote = remote
        self.showsMappedAsIPv4 = showsMappedAsIPv4
        self.uid = uid
        self.inode = inode
        self.owners = owners
        self.attribution = attribution
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }

    /// `tcp` or `udp`.
    public var transport: TransportProtocol { table.transport }
    /// The state's name: `time_wait`.
    public var stateName: String { state.name(in: table.transport) }
    /// The local address as shown.
    public var localAddress: String { text(of: local.address) }
    /// The peer's address as shown; `nil` without one.
    public var remoteAddress: String? { remote.map { text(of: $0.address) } }

    private func text(of address: IPAddress) -> String {
        address.text(in: showsMappedAsIPv4 ? address.family : table.family)
    }
}

extension SocketDocument: Encodable {
    private enum CodingKeys: String, CodingKey {
        case namespace
        case transport = "protocol"
        case family
        case state
        case localAddress = "local_address"
        case localPort = "local_port"
        case remoteAddress = "remote_address"
        case remotePort = "remote_port"
        case uid
        case inode
        case owners
        case attribution
        case firstSeen = "first_seen"
        case lastSeen = "last_seen"
    }

    /// Encodes every field; what is not known is `null`. A document that adds fields calls this first and then opens its own
    /// keyed container of the same encoder.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(namespace, forKey: .namespace)
        try container.encode(transport.rawValue, forKey: .transport)
        try container.encode(table.family.rawValue, forKey: .family)
        try container.encode(stateName, forKey: .state)
        try container.encode(localAddress, forKey: .localAddress)
        try container.encode(local.port, forKey: .localPort)
        try container.encode(orNull: remoteAddress, forKey: .remoteAddress)
        try container.encode(orNull: remote?.port, forKey: .remotePort)
        try container.encode(orNull: uid, forKey: .uid)
        try container.encode(orNull: inode, forKey: .inode)
        try container.encode(owners, forKey: .owners)
        try container.encode(attribution.name, forKey: .attribution)
        try container.encode(firstSeen.rfc3339, forKey: .firstSeen)
        try container.encode(lastSeen.rfc3339, forKey: .lastSeen)
    }
}
