import PortModel

/// What is counted of one network namespace: its ports, destinations and services.
///
/// The work is that of what changed, but for one pass over the sockets when ports begin or cease to be open to connect().
struct NamespaceCounts {
    /// A TIME_WAIT that may be reused later.
    private struct Pending {
        var due: Int64
        var slot: Int32
        var id: Int64
    }

    private let namespace: Int
    private var ports: PortOccupancy
    private var reuse: TimeWaitReuse
    private var destinations: DestinationCounts
    private var services = ServiceCounts()
    private var pending: [Pending] = []
    /// Ports on which a service listens, or did; of UDP with ``udpPort`` added.
    private var servicePorts: Set<Int> = []
    private static let udpPort = 1 << 16
    /// Its ports have series: it has had a socket, or is the recorder's own. Sandboxes come by the thousand and have none.
    private var isCounted: Bool
    /// Sockets as they were before limits changed are counted anew.
    private var isReuseChanged = false
    /// Ports that there were at the first sample of the minute, hour and day at hand.
    private var capacityAtStart = Array(repeating: 0, count: RollupLevel.allCases.count)

    init(_ namespace: Int, _ limits: PortLimits) {
        self.namespace = namespace
        isCounted = namespace == 0
        ports = PortOccupancy(limits)
        reuse = TimeWaitReuse(limits)
        destinations = DestinationCounts(namespace: namespace)
    }

    /// The limits in force.
    var limits: PortLimits { ports.limits }
    /// Ports that connect() could choose for some destination, as of the last sample that was finished.
    var capacity: Int { ports.capacity }

    /// The ports as they are used towards a destination.
    ///
    /// - Parameter timeWaits: its sockets in TIME_WAIT, reusable or not.
    func use(of destination: Destination, used: Int, timeWaits: Int) -> DestinationUse {
        let even = destinations.usedEven(destination)
        let usedOfLowParity = limits.range.first.isMultiple(of: 2) ? even : used - even
        return DestinationUse(
            capacity: capacity, used: used,
            usedByTimeWait: reuse.applies(to: destination) ? 0 : min(used, timeWaits),
            freeOfLowParity: max(0, ports.capacityOfLowParity - usedOfLowParity))
    }
    /// The pool of bind() of a protocol.
    func pool(_ transport: TransportProtocol) -> BindPool {
        BindPool(capacity: limits.choosable, used: ports.used(transport))
    }

    /// Takes in a destination that had series of its own when the recorder ended.
    mutating func restore(_ destination: Destination, clock: Int64) {
        destinations.restore(destination, clock: clock)
    }
    /// Its ports had series when the recorder ended.
    mutating func restorePorts() { isCounted = true }
    /// Takes in a service that had series of its own when the recorder ended.
    mutating func restoreService() { services.restore() }
    /// A service gives its series up.
    mutating func endService() { services.end() }
    /// Whether most places for services are taken.
    var isShortOfServices: Bool { services.isShort }
    /// The ports on which services listen are said next.
    mutating func forgetServicePorts() { servicePorts.removeAll(keepingCapacity: true) }
    /// Takes in a port on which a service listened when the recorder ended, or before.
    mutating func restore(servicePort port: UInt16, _ transport: TransportProtocol) {
        servicePorts.insert(Int(port) + (transport == .udp ? Self.udpPort : 0))
    }

    /// The first sample of a bucket is in; `capacity` is how many ports there were then, where that is not now.
    mutating func begin(_ level: RollupLevel, capacity: Int? = nil) {
        capacityAtStart[level.rawValue] = capacity ?? self.capacity
    }
    /// How many ports there were at the first sample of a bucket at hand.
    func capacityAtStart(_ level: RollupLevel) -> Int { capacityAtStart[level.rawValue] }

    /// Puts the limits in force that a sample has read.
    mutating func setLimits(_ limits: PortLimits) {
        if limits == ports.limits { return }
        ports.setLimits(limits)
        let reuse = TimeWaitReuse(limits)
        isReuseChanged = isReuseChanged || reuse != self.reuse
        self.reuse = reuse
    }

    // MARK: - What comes and goes

    /// A socket came, or is in another state.
    ///
    /// - Parameters:
    ///   - holder: its holder, where that names somebody; else 0.
    ///   - bootClock: CLOCK_BOOTTIME at its first sample, in milliseconds.
    ///   - clock: the recorder's clock.
    mutating func insert(
        _ socket: OpenSocket, slot: Int32, isNew: Bool, holder: Int32, bootClock: Int64,
        clock: Int64, into book: inout SeriesBook
    ) {
        let row = socket.row
        isCounted = true
        ports.insert(row, socket.role)
        if socket.isService {
            servicePorts.insert(servicePort(row))
            book.add(1, to: book.begin(listener(row)), opened: isNew ? 1 : 0, holder: holder)
        } else if socket.role == .accepted {
            services.insert(socket, isNew: isNew, holder: holder, into: &book)
        } else if isNew, !row.isListener, servicePorts.contains(servicePort(row)) {
            let stray = SeriesSubject(
                .strays, namespace: namespace, transport: row.table.transport, localPort: row.local.port)
            book.add(0, to: book.begin(stray), opened: 1)
        }
        guard socket.isDestined else { return }
        destinations.insert(
            socket, isNew: isNew, isUsing: !socket.isReusable && ports.wasOpen(row.local.port), holder: holder,
            clock: clock, into: &book)
        if row.state == .timeWait, !socket.isReusable, reuse.applies(to: socket.destination) {
            pending.append(
                Pending(
                    due: bootClock - Int64(socket.timeWaitAge) * 10 + reuse.threshold, slot: slot, id: socket.id))
        }
    }

    /// Another holder is known of a socket.
    func reown(_ socket: OpenSocket, in book: inout SeriesBook) {
        if socket.isService {
            book.reown(listener(socket.row), socket.holder)
        } else if socket.role == .accepted {
            services.reown(socket, in: &book)
        } else if socket.isDestined {
            destinations.reown(socket, in: &book)
        }
    }

    /// A socket is in another state, or gone.
    mutating func remove(_ socket: OpenSocket, isGone: Bool, clock: Int64, from book: inout SeriesBook) {
        let row = socket.row
        ports.remove(row, socket.role)
        if socket.isService {
            book.add(-1, to: book.begin(listener(row)), closed: isGone ? 1 : 0)
        } else if socket.role == .accepted {
            services.remove(socket, isGone: isGone, from: &book)
        }
        guard socket.isDestined else { return }
        destinations.remove(
            socket, isGone: isGone, isUsing: !socket.isReusable && ports.wasOpen(row.local.port), clock: clock,
            from: &book)
    }

    /// The sockets stand in other slots.
    mutating func move(_ slots: OpenSockets.Moves) {
        for index in pending.indices { pending[index].slot = slots[pending[index].slot] }
    }

    /// Whether a socket counts as a listener of a service: a UDP socket without a peer on a port that the kernel gives out is most
    /// likely a client.
    func isService(_ row: SocketRow) -> Bool {
        row.isListener && (row.table.transport == .tcp || !ports.limits.mayChoose(row.local.port))
    }

    private func servicePort(_ row: SocketRow) -> Int {
        Int(row.local.port) + (row.table.transport == .udp ? Self.udpPort : 0)
    }

    private func listener(_ row: SocketRow) -> SeriesSubject {
        SeriesSubject(
            .listeners, namespace: namespace, transport: row.table.transport, localAddress: row.local.address,
            localPort: row.local.port)
    }

    /// Ends a sample: all that came and went is in.
    ///
    /// - Parameter now: CLOCK_BOOTTIME of the sample, in milliseconds.
    mutating func settle(at now: Int64, _ open: inout OpenSockets, in book: inout SeriesBook) {
        if isReuseChanged { recountReuse(at: now, &open, in: &book) }
        var left: [Pending] = []
        for item in pending {
            if item.due >= now {
                left.append(item)
            } else {
                open.withSocket(item.slot) { socket in
                    guard socket.id == item.id, socket.seen != 0, !socket.isReusable else { return }
                    socket.isReusable = true
                    if ports.wasOpen(socket.row.local.port) { destinations.use(socket, -1, in: &book) }
                }
            }
        }
        pending = left
        let capacity = ports.capacity
        let flipped = ports.settle()
        if !flipped.isEmpty { recount(flipped, open, in: &book) }
        if ports.capacity < capacity { destinations.squeeze(in: &book) }
        destinations.settle(in: &book)
        if !isCounted { return }
        book.set(book.begin(SeriesSubject(.portsOpen, namespace: namespace)), to: ports.capacity)
        for transport in TransportProtocol.allCases {
            let subject = SeriesSubject(.portsUsed, namespace: namespace, transport: transport)
            book.set(book.begin(subject), to: ports.used(transport))
        }
    }

    /// The namespace is gone, with all its sockets and ports.
    func leave(in book: inout SeriesBook) {
        if !isCounted { return }
        book.set(book.begin(SeriesSubject(.portsOpen, namespace: namespace)), to: 0)
    }

    /// Counts the connections on ports that are open now and were not, or the other way round.
    private mutating func recount(_ flipped: [UInt16], _ open: OpenSockets, in book: inout SeriesBook) {
        var isFlipped = Array(repeating: false, count: 65_536)
        for port in flipped { isFlipped[Int(port)] = true }
        for socket in open.slots where socket.seen != 0 && isFlipped[Int(socket.row.local.port)] {
            if Int(socket.namespace) != namespace || !socket.isDestined || socket.isReusable || socket.id == 0 {
                continue
            }
            destinations.use(socket, ports.wasOpen(socket.row.local.port) ? 1 : -1, in: &book)
        }
    }

    /// Another tcp_tw_reuse: what it means for the TIME_WAITs that stand.
    private mutating func recountReuse(at now: Int64, _ open: inout OpenSockets, in book: inout SeriesBook) {
        isReuseChanged = false
        pending = []
        for slot in open.slots.indices {
            let socket = open.slots[slot]
            guard socket.seen != 0, socket.row.state == .timeWait, Int(socket.namespace) == namespace,
                socket.isDestined, socket.id != 0
            else { continue }
            let applies = reuse.applies(to: socket.destination)
            let age = Int64(socket.row.timeWaitAge) * 10
            let isReusable = applies && age > reuse.threshold
            if applies, !isReusable {
                pending.append(Pending(due: now - age + reuse.threshold, slot: Int32(slot), id: socket.id))
            }
            if isReusable == socket.isReusable { continue }
            open.withSocket(Int32(slot)) { $0.isReusable = isReusable }
            if ports.wasOpen(socket.row.local.port) { destinations.use(socket, isReusable ? -1 : 1, in: &book) }
        }
    }
}

extension OpenSocket {
    /// Whether it counts towards a destination: outgoing TCP whose port the kernel may have chosen.
    var isDestined: Bool { role == .outgoing && row.isConnectedTCP }
}
