/// How far the ephemeral ports towards one destination are used: kernel-chosen connect(), `__inet_hash_connect` in
/// net/ipv4/inet_hashtables.c.
public struct DestinationUse: Hashable, Sendable {
    /// Ports that connect() could ever choose: the range less the reserved and those with an explicitly bound owner.
    public var capacity: Int
    /// Ports of the capacity whose four-tuple is taken.
    public var used: Int
    /// The part of ``used`` that is in TIME_WAIT.
    public var usedByTimeWait: Int
    /// Ports of the capacity whose four-tuple is a TIME_WAIT that may be reused.
    public var reusable: Int
    /// Ports of the range's low-end parity that are free: connect() tries those first, and scans them all in vain when there
    /// are none.
    public var freeOfLowParity: Int

    /// A use of its figures.
    public init(capacity: Int, used: Int, usedByTimeWait: Int = 0, reusable: Int = 0, freeOfLowParity: Int = 0) {
        self.capacity = capacity
        self.used = used
        self.usedByTimeWait = usedByTimeWait
        self.reusable = reusable
        self.freeOfLowParity = freeOfLowParity
    }

    /// How many more connect() succeed now.
    public var free: Int { capacity - used }
    /// Used of capacity, 0 to 1; 1 without any capacity.
    public var utilization: Double { capacity == 0 ? 1 : Double(used) / Double(capacity) }
    /// True when every connect() first searches half of the range in vain.
    public var slowConnect: Bool { freeOfLowParity == 0 }
}

/// The pool of bind(::, 0) on a dual-stack socket without reuse options: `inet_csk_find_open_port` in
/// net/ipv4/inet_connection_sock.c, `udp_lib_get_port` in net/ipv4/udp.c.
public struct BindPool: Hashable, Sendable {
    /// The range less the reserved ports.
    public var capacity: Int
    /// Ports of the capacity on which any socket of the protocol stands.
    public var used: Int

    /// A pool of its figures.
    public init(capacity: Int, used: Int) {
        self.capacity = capacity
        self.used = used
    }

    /// How many ports bind(::, 0) can still give.
    public var free: Int { capacity - used }
    /// Used of capacity, 0 to 1; 1 without any capacity.
    public var utilization: Double { capacity == 0 ? 1 : Double(used) / Double(capacity) }
}
