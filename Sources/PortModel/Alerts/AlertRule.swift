/// What an alert is about. The raw value is stored, and is an interface: `rule` of docs/json-output.md.
public enum AlertRule: String, Hashable, Sendable, CaseIterable, Encodable {
    /// The ports towards one destination are nearly used up, or soon will be.
    case ephemeralExhaustion = "ephemeral_exhaustion"
    /// No port is free of the parity that connect() tries first, so that each one searches half of the range in vain.
    case slowConnect = "slow_connect"
    /// The pool of bind() to port 0, and of UDP's connect(), is nearly used up.
    case ephemeralPool = "ephemeral_pool"
    /// The TIME_WAITs of a namespace come near tcp_max_tw_buckets, where the kernel begins to drop them.
    case timeWaitLimit = "time_wait_limit"
    /// Listeners of strangers stand on one port.
    case listenConflict = "listen_conflict"
    /// An outgoing connection stands on the port of a listener that has gone.
    case portStolen = "port_stolen"
    /// A listener that had been there for long has gone and not come back.
    case listenerGone = "listener_gone"
    /// The CLOSE_WAITs of one process only ever rise: it does not close what its peers have closed.
    case closeWaitLeak = "close_wait_leak"
    /// Connections are dropped because accept queues are full.
    case acceptQueue = "accept_queue"
    /// The recorder itself: it misses samples, cannot write them, or has lost a permission.
    case recorder
}

/// How bad it is. The raw value is stored.
public enum AlertSeverity: Int, Hashable, Sendable, Comparable, CaseIterable, Encodable {
    /// Worth knowing.
    case info = 0
    /// It breaks something sooner or later.
    case warning = 1
    /// Something fails now, or in minutes.
    case critical = 2

    /// The milder is less.
    public static func < (a: AlertSeverity, b: AlertSeverity) -> Bool { a.rawValue < b.rawValue }

    /// `info`, `warning`, `critical`.
    public var name: String {
        switch self {
        case .info: "info"
        case .warning: "warning"
        case .critical: "critical"
        }
    }

    /// A severity by its name; `nil` for anything else.
    public init?(name: String) {
        guard let severity = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = severity
    }

    /// Encodes ``name``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
