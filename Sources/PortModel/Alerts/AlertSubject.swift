/// What an alert is about, in the fields of its question. With the rule it tells one story from another.
public struct AlertSubject: Hashable, Sendable {
    /// Which fields there are. The raw value is stored and never changes its meaning.
    public enum Kind: Int, Sendable, CaseIterable {
        /// An outgoing destination: namespace, protocol, both addresses, the peer's port.
        case destination = 0
        /// A listener: namespace, protocol, its address and port.
        case listener = 1
        /// A pool of ports: namespace and protocol.
        case pool = 2
        /// A namespace.
        case namespace = 3
        /// A process: the first of the alert's owners.
        case program = 4
        /// A part of the recorder.
        case recorder = 5
    }

    /// Which of the fields mean something.
    public var kind: Kind
    /// The name of the namespace.
    public var namespace: String
    /// TCP or UDP.
    public var transport: TransportProtocol
    /// The source of a destination, or what the listener is bound to.
    public var local: Endpoint?
    /// The peer of a destination.
    public var remote: Endpoint?
    /// What else tells it from others: the kind of a conflict, the part of the recorder, the process.
    public var detail: String

    /// A subject of its parts.
    public init(
        _ kind: Kind, namespace: String = Snapshot.hostNamespace, transport: TransportProtocol = .tcp,
        local: Endpoint? = nil, remote: Endpoint? = nil, detail: String = ""
    ) {
        self.kind = kind
        self.namespace = namespace
        self.transport = transport
        self.local = local
        self.remote = remote
        self.detail = detail
    }

    /// A destination of a namespace.
    public init(_ destination: Destination, in namespace: String) {
        self.init(
            .destination, namespace: namespace, local: Endpoint(destination.local, 0),
            remote: Endpoint(destination.remote, destination.remotePort))
    }

    /// The destination; `nil` for any other kind.
    public var destination: Destination? {
        guard kind == .destination, let local, let remote else { return nil }
        return Destination(local: local.address, remote: remote.address, remotePort: remote.port)
    }
}
