/// What can go wrong between sockets that want one port.
public enum ConflictKind: String, Hashable, Sendable, CaseIterable, Encodable {
    /// The port of a listener that has gone is held by an outgoing connection or its TIME_WAIT.
    case portStolen = "port_stolen"
    /// Listeners of different programs or users share one port by SO_REUSEPORT.
    case reuseportStrangers = "reuseport_strangers"
    /// A specific address takes traffic from another program's wildcard, or IPv4 from its IPv6 wildcard.
    case shadowedListener = "shadowed_listener"
    /// The next listener on the address and port is another program.
    case ownershipChange = "ownership_change"
    /// The listener came and went at least three times.
    case flappingListener = "flapping_listener"
    /// A listener inside `ip_local_port_range` that is not reserved.
    case listenerInRange = "listener_in_range"
    /// The listener has gone and its own TIME_WAIT sockets would refuse a bind() without SO_REUSEADDR.
    case heldByTimeWait = "held_by_time_wait"
    /// Several UDP sockets on one address and port.
    case udpShared = "udp_shared"

    /// The place among conflicts that are equally bad and equally new: what needs attention most is first.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How bad it is.
public enum ConflictSeverity: String, Hashable, Sendable, Comparable, CaseIterable, Encodable {
    /// Worth knowing.
    case info
    /// It breaks something sooner or later.
    case warning
    /// It keeps a service down now.
    case critical

    /// The milder is less.
    public static func < (a: ConflictSeverity, b: ConflictSeverity) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}
