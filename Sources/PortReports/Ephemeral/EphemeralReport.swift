import PortHistory
import PortModel

/// What `ephemeral` asks.
public struct EphemeralQuery: Hashable, Sendable {
    /// When.
    public var period: PeriodQuery
    /// Of which sockets.
    public var filter: SocketFilter
    /// How many destinations at most; 0: all.
    public var limit: Int

    /// A question of its parts.
    public init(period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter(), limit: Int = 1000) {
        self.period = period
        self.filter = filter
        self.limit = limit
    }
}

/// The ephemeral ports: used and left for each destination, the peak, the trend, when they run out.
///
/// What is current stands at the period's last sample.
public struct EphemeralReport: Hashable, Encodable, Sendable {
    /// `ephemeral`.
    public var command = "ephemeral"
    /// The recorded host.
    public var host: String
    /// The beginning of the period.
    public var since: Timestamp
    /// Its end.
    public var until: Timestamp
    /// The ports that each namespace may choose from.
    public var ranges: [Range]
    /// Where outgoing TCP connections of the period went, the most used first.
    public var destinations: [Destination]
    /// How many destinations the limit left out.
    public var omitted: Int
    /// The pools of bind() with port 0, the most used first.
    public var bind: [Pool]
    /// The ports used towards the first of ``destinations`` over the period, at most 240 points. For the table, not in JSON.
    public var series: [SeriesPoint]

    private enum CodingKeys: String, CodingKey {
        case command, host, since, until, ranges, destinations, omitted, bind
    }

    /// `net.ipv4.ip_local_port_range` of a namespace, and what else decides about it.
    public struct Range: Hashable, Encodable, Sendable {
        /// The name of the namespace.
        public var namespace: String
        /// The lowest port.
        public var first: UInt16
        /// The highest port.
        public var last: UInt16
        /// How many of its ports are reserved.
        public var reserved: Int
        /// The list of all reserved ports, inside the range or not, as `net.ipv4.ip_local_reserved_ports` has it.
        public var reservedPorts: String
        /// How many ports it has, reserved ones included.
        public var size: Int
        /// `net.ipv4.tcp_tw_reuse`.
        public var twReuse: Int
        /// True where the values could not be read and are the kernel's defaults.
        public var assumed: Bool

        private enum CodingKeys: String, CodingKey {
            case namespace, first, last, reserved, size, assumed
            case reservedPorts = "reserved_ports"
            case twReuse = "tw_reuse"
        }
    }

    /// A peer, and the address from which it is connected to.
    public struct Destination: Hashable, Encodable, Sendable {
        /// The name of the namespace.
        public var namespace: String
        /// Always TCP: an outgoing UDP socket takes its port from everybody.
        public var transport = TransportProtocol.tcp
        /// The family; IPv4 for mapped addresses.
        public var family: AddressFamily
        /// The source.
        public var localAddress: String
        /// The peer.
        public var remoteAddress: String
        /// Its port.
        public var remotePort: UInt16
        /// Whose connections they are, at the end or, when none is left, over the period; most connections first, at most 20.
        public var owners: [OwnerDocument]
        /// How many more owners there are.
        public var ownersOmitted: Int
        /// Ports that connect() to this destination could ever choose.
        public var capacity: Int
        /// Ports of them that are taken.
        public var used: Int
        /// Ports of them on which a TIME_WAIT stands that may be reused.
        public var reusable: Int
        /// How many more connect() succeed.
        public var free: Int
        /// Used of capacity, 0 to 1.
        public var utilization: Double
        /// False where ``free`` is an upper bound.
        public var certain: Bool
        /// True when no port of the parity that connect() tries first is free.
        public var slowConnect: Bool
        /// The worst moment of the period.
        public var peak: Peak
        /// How many more ports will be used in a minute; `nil` for fewer than three samples.
        @ExplicitNull public var portsPerMinute: Double?
        /// When no port will be left; `nil` without a rising trend.
        @ExplicitNull public var exhaustedAt: Timestamp?

        private enum CodingKeys: String, CodingKey {
            case namespace, family, owners, capacity, used, reusable, free, utilization, certain, peak
            case transport = "protocol"
            case localAddress = "local_address"
            case remoteAddress = "remote_address"
            case remotePort = "remote_port"
            case ownersOmitted = "owners_omitted"
            case slowConnect = "slow_connect"
            case portsPerMinute = "ports_per_minute"
            case exhaustedAt = "exhausted_at"
        }
    }

    /// The moment of the highest utilization.
    public struct Peak: Hashable, Encodable, Sendable {
        /// Ports used then.
        public var used: Int
        /// Used of the capacity of then, 0 to 1.
        public var utilization: Double
        /// When.
        public var at: Timestamp
    }

    /// What bind(::, 0) without reuse options can choose from.
    public struct Pool: Hashable, Encodable, Sendable {
        /// The name of the namespace.
        public var namespace: String
        /// TCP or UDP.
        public var transport: TransportProtocol
        /// The range less the reserved ports.
        public var capacity: Int
        /// Ports of them on which a socket stands.
        public var used: Int
        /// Ports of them on which none does.
        public var free: Int
        /// Used of capacity, 0 to 1.
        public var utilization: Double

        private enum CodingKeys: String, CodingKey {
            case namespace, capacity, used, free, utilization
            case transport = "protocol"
        }
    }
}
