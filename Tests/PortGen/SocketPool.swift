import PortModel

/// A socket of the simulated host, apart from its row.
struct SimulatedSocket {
    /// What it is.
    enum Kind: UInt8 { case listener, outgoing, accepted, datagram }

    var kind: Kind
    /// The program that holds it; -1 without a descriptor.
    var program: Int32
    /// Who holds it: an index of ``ProcessTable/ownerships``.
    var owner: Int32
    /// The service, for listeners and accepted connections; else -1.
    var service: Int32 = -1
    /// The stream that made an outgoing connection, or the datagram stream; else -1.
    var stream: Int32 = -1
    /// The socket at the other end of the connection, when that is on this host; else -1.
    var peer: Int32 = -1
    /// What tells an accepted connection from others of the service.
    var tuple: UInt64 = 0
    /// This end closes first, and is left in TIME_WAIT.
    var closesFirst = false
    /// It stays a while half-closed.
    var lingers = false
    /// Its port was bound before connect().
    var isBound = false
    /// It is opened again when it closes.
    var isStanding = false
    /// Its TIME_WAIT may be reused, so that its port is not taken any more.
    var isReusable = false
}

/// The rows of the simulated host, dense and ready to be sampled, and what is known of each.
struct SocketPool {
    private struct Slot {
        var socket: SimulatedSocket
        /// Where its row stands; -1 in a free slot.
        var position: Int32
        var generation: UInt32
    }

    /// The rows, in no order.
    private(set) var rows: [SocketRow] = []
    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var slotOfRow: [Int32] = []
    /// When the timer of a row's TIME_WAIT or orphan ends; 0 without one.
    private var timerEnd: [Int64] = []

    subscript(slot: Int32) -> SimulatedSocket {
        get { slots[Int(slot)].socket }
        set { slots[Int(slot)].socket = newValue }
    }

    /// The row of a socket.
    func row(_ slot: Int32) -> SocketRow { rows[Int(slots[Int(slot)].position)] }
    /// Tells a socket from those that have the slot before and after it.
    func generation(_ slot: Int32) -> UInt32 { slots[Int(slot)].generation }
    /// Whether the slot still holds the socket of a generation.
    func isCurrent(_ slot: Int32, _ generation: UInt32) -> Bool {
        slots[Int(slot)].generation == generation && slots[Int(slot)].position >= 0
    }
    /// Who holds the socket of a row.
    func owner(ofRow row: Int) -> Int32 { slots[Int(slotOfRow[row])].socket.owner }
    /// The sockets that fulfil a condition.
    func slots(where condition: (SimulatedSocket) -> Bool) -> [Int32] {
        slotOfRow.filter { condition(slots[Int($0)].socket) }.sorted()
    }

    mutating func insert(_ row: SocketRow, _ socket: SimulatedSocket) -> Int32 {
        let position = Int32(rows.count)
        rows.append(row)
        timerEnd.append(0)
        if let slot = free.popLast() {
            let generation = slots[Int(slot)].generation &+ 1
            slots[Int(slot)] = Slot(socket: socket, position: position, generation: generation)
            slotOfRow.append(slot)
            return slot
        }
        slots.append(Slot(socket: socket, position: position, generation: 0))
        slotOfRow.append(Int32(slots.count - 1))
        return Int32(slots.count - 1)
    }

    /// Changes a socket's row.
    mutating func update(_ slot: Int32, timerEnd end: Int64 = 0, _ change: (inout SocketRow) -> Void) {
        let position = Int(slots[Int(slot)].position)
        change(&rows[position])
        timerEnd[position] = end
    }

    mutating func remove(_ slot: Int32) {
        let position = Int(slots[Int(slot)].position)
        let last = rows.count - 1
        rows.swapAt(position, last)
        timerEnd.swapAt(position, last)
        slotOfRow.swapAt(position, last)
        slots[Int(slotOfRow[position])].position = Int32(position)
        rows.removeLast()
        timerEnd.removeLast()
        slotOfRow.removeLast()
        slots[Int(slot)].position = -1
        free.append(slot)
    }

    /// Sets the timers of all rows to what they show at a moment.
    mutating func setTimers(at now: Int64) {
        for position in timerEnd.indices where timerEnd[position] != 0 {
            rows[position].timerTicks = UInt32(max(10, timerEnd[position] - now) / 10)
        }
    }
}
