import PortHistory
import PortModel

/// What `time-wait` asks.
public struct TimeWaitQuery: Hashable, Sendable {
    /// When.
    public var period: PeriodQuery
    /// Of which sockets. UDP has no TIME_WAIT.
    public var filter: SocketFilter
    /// How many groups at most; 0: all.
    public var limit: Int
    /// What a group has in common.
    public var grouping: TimeWaitGrouping

    /// A question of its parts.
    public init(
        period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter(), limit: Int = 1000,
        grouping: TimeWaitGrouping = .ends
    ) {
        self.period = period
        self.filter = filter
        self.limit = limit
        self.grouping = grouping
    }
}

/// What the TIME_WAITs of one group have in common.
public enum TimeWaitGrouping: String, Hashable, Sendable, CaseIterable {
    /// A destination that this host connected to, or a service that listens here.
    case ends
    /// A destination; without those of services.
    case destination
    /// A service; without those towards destinations.
    case service
    /// Whose they were: a unit or container, and its program.
    case owner
}

/// TIME_WAIT: how many, since when, towards whom, left by whom.
public struct TimeWaitReport: Hashable, Encodable, Sendable {
    /// `time-wait`.
    public var command = "time-wait"
    /// The recorded host.
    public var host: String
    /// The beginning of the period.
    public var since: Timestamp
    /// Its end.
    public var until: Timestamp
    /// How many there are at the last sample of the period.
    public var now: Int
    /// `net.ipv4.tcp_max_tw_buckets` of the namespace asked for, else of the recorder's own, at the last sample.
    @ExplicitNull public var limit: Int?
    /// The most at one sample.
    public var peak: SeriesPoint
    /// Those first seen in the period in TIME_WAIT, by the seconds of the period.
    public var enteredPerSecond: Double
    /// How many there were over the period, at most 240 points, each the highest of its span.
    public var series: [SeriesPoint]
    /// By destination and by service, the largest first.
    public var groups: [Group]
    /// How many groups the limit left out.
    public var omitted: Int

    private enum CodingKeys: String, CodingKey {
        case command, host, since, until, now, limit, peak, series, groups, omitted
        case enteredPerSecond = "entered_per_second"
    }

    /// Which side closed first.
    public enum Role: String, Hashable, Encodable, Sendable {
        /// This host had connected to a destination.
        case client
        /// A service of this host had been connected to.
        case server
    }

    /// The TIME_WAITs towards one destination, or of one listening service.
    public struct Group: Hashable, Encodable, Sendable {
        /// The name of the namespace.
        public var namespace: String
        /// Which of the two it is; `nil` for an owner.
        @ExplicitNull public var role: Role?
        /// The source address; of a service what its listener is bound to, or the connections' own address where no listener
        /// was seen; `nil` for an owner.
        @ExplicitNull public var localAddress: String?
        /// The port of a service; `nil` for a destination.
        @ExplicitNull public var localPort: UInt16?
        /// The destination's address; `nil` for a service.
        @ExplicitNull public var remoteAddress: String?
        /// The destination's port; `nil` for a service.
        @ExplicitNull public var remotePort: UInt16?
        /// Who left them, at the end or, when none is left, over the period; those with most first, at most 20.
        public var owners: [OwnerDocument]
        /// How many more owners there are.
        public var ownersOmitted: Int
        /// How the owners of most of the sockets are known.
        public var attribution: String
        /// How many there are at the last sample.
        public var now: Int
        /// The most at one sample.
        public var peak: Int
        /// The first sample with as many.
        public var peakAt: Timestamp

        private enum CodingKeys: String, CodingKey {
            case namespace, role, owners, attribution, now, peak
            case localAddress = "local_address"
            case localPort = "local_port"
            case remoteAddress = "remote_address"
            case remotePort = "remote_port"
            case ownersOmitted = "owners_omitted"
            case peakAt = "peak_at"
        }
    }
}
