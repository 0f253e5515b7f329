import PortModel

/// What a series counts. The raw value is stored and never changes its meaning.
public enum SeriesKind: Int, Sendable, CaseIterable {
    /// The sockets of a protocol in a state; of all namespaces together only those in TIME_WAIT.
    case state = 0
    /// The sockets that a service has accepted, in any state.
    case serviceSockets = 1
    /// Those of them that are in TIME_WAIT.
    case serviceTimeWait = 2
    /// The ports used towards a destination (``PortModel/DestinationUse/used``).
    case destinationUsed = 3
    /// The sockets towards a destination in TIME_WAIT, reusable or not.
    case destinationTimeWait = 4
    /// The sockets that listen on an address and port.
    case listeners = 5
    /// The ports of the ephemeral range on which any socket of a protocol stands.
    case portsUsed = 6
    /// The ports that connect() could choose for some destination.
    case portsOpen = 7
    /// Sockets on a service's port that it has not accepted: only how many came.
    case strays = 8
    /// The destinations that have no series of their own: how many there are.
    case otherDestinations = 9
}

/// Which number it is that a series follows.
public struct SeriesSubject: Hashable, Sendable {
    /// What is counted.
    public var kind: SeriesKind
    /// The number of the namespace; -1: all.
    public var namespace: Int
    /// TCP or UDP.
    public var transport: TransportProtocol
    /// The state of ``SeriesKind/state``.
    public var state: SocketState?
    /// What the service is bound to; the source address of a destination; `nil` where there is none, and for the services or
    /// destinations that have no series of their own.
    public var localAddress: IPAddress?
    /// The port of a service; else 0.
    public var localPort: UInt16
    /// The peer of a destination.
    public var remote: Endpoint?

    /// A subject of its parts.
    init(
        _ kind: SeriesKind, namespace: Int, transport: TransportProtocol = .tcp, state: SocketState? = nil,
        localAddress: IPAddress? = nil, localPort: UInt16 = 0, remote: Endpoint? = nil
    ) {
        self.kind = kind
        self.namespace = namespace
        self.transport = transport
        self.state = state
        self.localAddress = localAddress
        self.localPort = localPort
        self.remote = remote
    }

    /// The number that stands for all namespaces together.
    public static let allNamespaces = -1

    /// The sockets in TIME_WAIT of a namespace; of all without one.
    public static func timeWait(namespace: Int?) -> SeriesSubject {
        SeriesSubject(.state, namespace: namespace ?? allNamespaces, state: .timeWait)
    }

    /// The ports used towards a destination of a namespace.
    public static func portsUsed(towards destination: Destination, namespace: Int) -> SeriesSubject {
        SeriesSubject(
            .destinationUsed, namespace: namespace, localAddress: destination.local,
            remote: Endpoint(destination.remote, destination.remotePort))
    }

    /// Where a destination's connections go; `nil` for anything else.
    public var destination: Destination? {
        guard let localAddress, let remote else { return nil }
        return Destination(local: localAddress, remote: remote.address, remotePort: remote.port)
    }
}
