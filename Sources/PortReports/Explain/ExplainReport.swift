import PortModel

/// Whether a bind() or connect() would succeed, and what is in the way if not.
public struct ExplainReport: Encodable, Sendable {
    /// `explain`.
    public var command = "explain"
    /// The host.
    public var host: String
    /// The moment that is explained.
    public var at: Timestamp
    /// The sample that answers; `null` for the present.
    @ExplicitNull public var sample: SampleDocument?
    /// What was asked.
    public var request: Request
    /// How it ends.
    public var verdict: Verdict
    /// The error, where it fails; where it depends, the one that it may fail with.
    @ExplicitNull public var errno: String?
    /// The answer in one or two sentences: what, who, since when.
    public var explanation: String
    /// How many sockets the limit left out.
    public var omitted = 0
    /// The sockets that are in the way, or may be; the certain ones first.
    public var blockers: [Blocker]
    /// Ports that could ever be chosen; `null` for bind() to a given port.
    @ExplicitNull public var capacity: Int?
    /// Those of them that are taken now.
    @ExplicitNull public var used: Int?
    /// How many more can be had.
    @ExplicitNull public var free: Int?
    /// Whether that is exact; where not, it is an upper bound.
    @ExplicitNull public var certain: Bool?
    /// What to do.
    public var remedies: [String]
    /// What connect() meets besides; `null` for bind().
    @ExplicitNull public var connect: ConnectFacts?

    /// How a call ends.
    public enum Verdict: String, Encodable, Sendable {
        /// It succeeds.
        case succeeds
        /// It fails.
        case fails
        /// What nothing shows decides.
        case depends
    }

    /// One socket that is in the way.
    public struct Blocker: Sendable {
        /// The socket.
        public var socket: SocketDocument
        /// Why it is in the way.
        public var reason: String
        /// Whether it certainly is.
        public var isCertain: Bool
        /// How long it stays at most, in seconds, where the kernel ends it by itself: TIME_WAIT. `nil` for others.
        public var remainingSeconds: Double?
    }

    /// What connect() meets.
    public struct ConnectFacts: Encodable, Sendable {
        /// TIME_WAITs towards the destination that may be reused.
        public var reusable: Int
        /// TIME_WAITs towards the destination that block a port.
        public var timeWait: Int
        /// Every connect() searches half of the range in vain.
        public var slowConnect: Bool
        /// Connections that look as if bind() had chosen their port, by the parity of the port.
        public var boundBeforeConnect: Int
        /// How many of the blocking TIME_WAITs will be gone, and when: within 10, 30 and 60 s.
        public var released: [Release]

        private enum CodingKeys: String, CodingKey {
            case reusable
            case timeWait = "time_wait"
            case slowConnect = "slow_connect"
            case boundBeforeConnect = "bound_before_connect"
            case released
        }
    }

    /// Ports that come back.
    public struct Release: Encodable, Sendable {
        /// Until when.
        public var at: Timestamp
        /// How many.
        public var count: Int
    }
}

extension ExplainReport.Blocker: Encodable {
    private enum CodingKeys: String, CodingKey {
        case reason
        case isCertain = "certain"
        case remainingSeconds = "remaining_seconds"
    }

    /// Encodes the socket, then why it is in the way.
    public func encode(to encoder: any Encoder) throws {
        try socket.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reason, forKey: .reason)
        try container.encode(isCertain, forKey: .isCertain)
        try container.encode(orNull: remainingSeconds, forKey: .remainingSeconds)
    }
}

extension ExplainReport {
    /// What was asked.
    public enum Request: Sendable {
        /// bind().
        case bind(BindRequest)
        /// connect() to a destination; without a source address where none is known.
        case connect(from: IPAddress?, to: Endpoint)
    }
}

extension ExplainReport.Request: Encodable {
    private enum CodingKeys: String, CodingKey {
        case call
        case transport = "protocol"
        case family
        case address
        case port
        case reuseAddress = "reuse_address"
        case reusePort = "reuse_port"
        case isV6Only = "ipv6_only"
        case uid
        case localAddress = "local_address"
        case remoteAddress = "remote_address"
        case remotePort = "remote_port"
    }

    /// Encodes the fields of the call.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .bind(let request):
            try container.encode("bind", forKey: .call)
            try container.encode(request.transport.rawValue, forKey: .transport)
            try container.encode(request.family.rawValue, forKey: .family)
            try container.encode(request.local.address.description, forKey: .address)
            try container.encode(request.local.port, forKey: .port)
            try container.encode(request.reuseAddress, forKey: .reuseAddress)
            try container.encode(request.reusePort, forKey: .reusePort)
            try container.encode(request.isV6Only, forKey: .isV6Only)
            try container.encode(request.uid, forKey: .uid)
        case .connect(let from, let to):
            try container.encode("connect", forKey: .call)
            try container.encode(TransportProtocol.tcp.rawValue, forKey: .transport)
            try container.encode(to.address.family.rawValue, forKey: .family)
            try container.encode(orNull: from?.description, forKey: .localAddress)
            try container.encode(to.address.description, forKey: .remoteAddress)
            try container.encode(to.port, forKey: .remotePort)
        }
    }
}
