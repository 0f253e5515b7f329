/// The ports of one network namespace while sockets come and go: what connect() and bind() can still choose.
///
/// It implements kernel-chosen ports as `__inet_hash_connect` (net/ipv4/inet_hashtables.c) chooses them. A port is out of the
/// question for every destination while it has an *explicit owner* on any local address: a listener, a bound socket, or a
/// connection that accept() returned, its TIME_WAIT included. Since Linux 6.18 it is back when the last of these has gone;
/// before, when no socket at all is left on it. For one destination it is out of the question while its four-tuple is
/// taken, unless by a TIME_WAIT that may be reused (``TimeWaitReuse``).
///
/// The work of a change is in proportion to the change, so that hours of samples can be replayed. One sample is one round, in
/// this order: ``setLimits(_:)``, ``insert(_:)`` for all that came, ``judgeNewcomers()``, ``remove(_:)`` for all that went,
/// ``finish(at:)``.
public struct PortSpace: Sendable {
    /// One socket in one state.
    public struct Socket: Hashable, Sendable {
        /// The kernel's table.
        public var table: SocketTable
        /// The state.
        public var state: SocketState
        /// Which side of a connection it is.
        public var role: ConnectionRole
        /// The local address and port.
        public var local: Endpoint
        /// The peer.
        public var remote: Endpoint
        /// When the socket was first seen, in any unit: with the four-tuple it names the socket through all its states.
        public var since: Int
        /// CLOCK_BOOTTIME in milliseconds when its TIME_WAIT began; means nothing in other states.
        public var timeWaitSince: Int64

        /// A socket of its properties.
        public init(
            table: SocketTable, state: SocketState, role: ConnectionRole, local: Endpoint, remote: Endpoint,
            since: Int = 0, timeWaitSince: Int64 = 0
        ) {
            self.table = table
            self.state = state
            self.role = role
            self.local = local
            self.remote = remote
            self.since = since
            self.timeWaitSince = timeWaitSince
        }

        /// True for every TCP socket but the connections whose port the kernel chose, as far as /proc can tell.
        public var isExplicitOwner: Bool { PortSpace.isExplicitOwner(table, state, role) }

        /// Where it connects to.
        public var destination: Destination {
            Destination(local: local.address, remote: remote.address, remotePort: remote.port)
        }
    }

    /// True for every TCP socket but the connections whose port the kernel chose, as far as /proc can tell.
    static func isExplicitOwner(_ table: SocketTable, _ state: SocketState, _ role: ConnectionRole) -> Bool {
        table.transport == .tcp && (role != .outgoing || state == .listen || state == .close)
    }

    /// What ``insert(_:)`` gives and ``remove(_:)`` takes.
    public enum Place: Hashable, Sendable {
        /// An explicit owner of a TCP port.
        case owner(UInt16)
        /// An outgoing connection, by slot.
        case connection(Int32)
        /// A UDP socket on a port.
        case datagram(UInt16)
    }

    /// The limits in force.
    public internal(set) var limits: PortLimits
    /// Ports that connect() could choose for some destination: the range less the reserved and the explicitly owned.
    public internal(set) var capacity = 0
    /// Every destination that has had a connection, by number.
    public internal(set) var destinations: [Destination] = []

    var reuse: TimeWaitReuse
    var ports = PortTable()
    var capacityOfLowParity = 0
    /// Choosable ports with any socket.
    var usedByTCP = 0
    var usedByUDP = 0
    var numbers: [Destination: Int32] = [:]
    var counts: [DestinationCounts] = []
    var changed: [Int] = []
    var tuples: [Tuple] = []
    var freeTuples: [Int32] = []
    var tupleSlots: [UInt64: Int32] = [:]
    var connections: [Connection] = []
    var freeConnections: [Int32] = []
    /// TIME_WAITs that will be reusable.
    var pending = DueQueue()
    /// Four-tuples of the round whose sockets are new, on ports of the parity that connect() tries last.
    var newcomers: [(slot: Int32, generation: UInt32)] = []
    /// Connections that look as if bind() had chosen their ports: ``judgeNewcomers()``.
    public internal(set) var suspicious = 0
    /// Four-tuples, by key, that sockets above suspicion have left: in the round before, and in this one.
    var acquitted: (before: Set<UInt64>, now: Set<UInt64>) = ([], [])
    /// Sticky ports that sockets have left in this round.
    var left: [UInt16] = []
    var round = 0

    /// A namespace without sockets.
    public init(_ limits: PortLimits) {
        self.limits = limits
        reuse = TimeWaitReuse(limits)
        countPorts()
    }

    /// Adds a socket, or the next state of one whose former state is still in and will be removed in this round.
    public mutating func insert(_ socket: Socket) -> Place {
        let port = socket.local.port
        guard socket.table.transport == .tcp else {
            ports[port].udp += 1
            if ports[port].udp == 1, limits.mayChoose(port) { usedByUDP += 1 }
            return .datagram(port)
        }
        ports[port].tcp += 1
        if ports[port].tcp == 1, limits.mayChoose(port) { usedByTCP += 1 }
        guard socket.isExplicitOwner else { return .connection(insertConnection(socket)) }
        let wasOpen = isOpen(port)
        ports[port].explicit += 1
        ports[port].isSticky = isSticky
        if wasOpen { flip(port, open: false) }
        return .owner(port)
    }

    /// Takes a socket out.
    public mutating func remove(_ place: Place) {
        switch place {
        case .datagram(let port):
            ports[port].udp -= 1
            if ports[port].udp == 0, limits.mayChoose(port) { usedByUDP -= 1 }
        case .owner(let port):
            ports[port].explicit -= 1
            leave(port)
            if isOpen(port) { flip(port, open: true) }
        case .connection(let slot):
            let port = removeConnection(slot)
            let wasOpen = isOpen(port)
            leave(port)
            if !wasOpen, isOpen(port) { flip(port, open: true) }
        }
    }

    /// Decides which of the round's new connections look as if bind() had chosen their ports. To be called when all that came
    /// are in, and none that went is out yet.
    ///
    /// connect() takes the parity of the range's low end first; the other one only when that is used up for the destination.
    /// A connection on the other parity that could have had a port of the first is suspected of bind() before connect(), as
    /// long as it is there. What came and what went since the last sample count as having been there together, so that a
    /// connection made while the first parity was full is not suspected when a port has just become free again. Nor is one
    /// that a sample missed and that stood there, above suspicion, the sample before: dumps of /proc skip rows under churn.
    public mutating func judgeNewcomers() {
        for (slot, generation) in newcomers {
            let tuple = tuples[Int(slot)]
            guard tuple.generation == generation, !tuple.isSuspicious, isOpen(tuple.port),
                !acquitted.before.contains(key(tuple.destination, tuple.port))
            else { continue }
            if counts[Int(tuple.destination)].presentOfLowParity < capacityOfLowParity {
                tuples[Int(slot)].isSuspicious = true
                suspicious += 1
            }
        }
        newcomers.removeAll(keepingCapacity: true)
    }

    /// Ends the round: CLOCK_BOOTTIME is `now`, in milliseconds, and TIME_WAITs old enough by then are reusable.
    public mutating func finish(at now: Int64) {
        while let item = pending.first, item.due < now {
            pending.removeFirst()
            if connections[Int(item.slot)].generation == item.generation { makeReusable(item.slot) }
        }
        releaseStickyPorts()
        acquitted = (acquitted.now, [])
        round += 1
    }

    /// True when figures of another round would differ although no socket comes or goes: a TIME_WAIT turns reusable by `now`.
    public func isDue(at now: Int64) -> Bool {
        pending.first.map { $0.due < now } ?? false
    }

    /// The number of the destination of an outgoing connection.
    public func destinationNumber(at place: Place) -> Int? {
        guard case .connection(let slot) = place, connections[Int(slot)].tuple >= 0 else { return nil }
        return Int(tuples[Int(connections[Int(slot)].tuple)].destination)
    }

    /// The number of a destination that has had a connection.
    public func number(of destination: Destination) -> Int? { numbers[destination].map(Int.init) }

    /// How far the ports towards a destination, by its number, are used.
    public func use(of number: Int) -> DestinationUse {
        let counts = counts[number]
        return DestinationUse(
            capacity: capacity, used: Int(counts.used), usedByTimeWait: Int(counts.usedByTimeWait),
            reusable: Int(counts.reusable), freeOfLowParity: capacityOfLowParity - Int(counts.usedOfLowParity))
    }

    /// How far the ports towards a destination are used, whether it ever had a connection or not.
    public func use(of destination: Destination) -> DestinationUse {
        if let number = numbers[destination] { return use(of: Int(number)) }
        return DestinationUse(capacity: capacity, used: 0, freeOfLowParity: capacityOfLowParity)
    }

    /// The pool of bind(::, 0) without reuse options.
    public func bindPool(_ transport: TransportProtocol) -> BindPool {
        BindPool(capacity: limits.choosable, used: transport == .tcp ? usedByTCP : usedByUDP)
    }

    /// False where the free ports are an upper bound: the limits are assumed, or the range has an odd number of ports, where
    /// connect() may give up with one port left, or a connection looks as if bind() had chosen its port, which takes that port
    /// from every destination and which nothing shows.
    public var isCertain: Bool { !limits.assumed && limits.range.count.isMultiple(of: 2) && suspicious == 0 }

    /// The numbers of the destinations whose figures, apart from the capacity, have changed since the last call.
    public mutating func takeChanges() -> [Int] {
        for number in changed { counts[number].isChanged = false }
        defer { changed.removeAll(keepingCapacity: true) }
        return changed
    }
}
