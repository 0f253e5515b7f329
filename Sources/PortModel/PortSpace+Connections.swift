/// Outgoing connections and their four-tuples.
extension PortSpace {
    /// One outgoing connection in one state.
    struct Connection: Sendable {
        /// The slot of its four-tuple; -1 in a free slot.
        var tuple: Int32
        var isTimeWait: Bool
        /// False for a TIME_WAIT that may be reused.
        var isBlocking = true
        var timeWaitSince: Int64
        var generation: UInt32 = 0
    }

    /// One four-tuple: a port towards a destination. Two states of one socket stand on it while a round is going on.
    struct Tuple: Sendable {
        var destination: Int32
        var port: UInt16
        /// Its socket looks as if bind() had chosen the port.
        var isSuspicious = false
        var sockets: Int32 = 0
        /// Those of them that block the port.
        var blocking: Int32 = 0
        /// Those of the blocking that are in TIME_WAIT.
        var timeWaits: Int32 = 0
        /// ``PortSpace/Socket/since`` of its newest socket.
        var since = Int.min
        /// The round in which that one came.
        var round = 0
        var generation: UInt32 = 0
        /// The list of the port's four-tuples; -1 at its ends.
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    /// The figures of one destination, on open ports.
    struct DestinationCounts: Sendable {
        var used: Int32 = 0
        var usedByTimeWait: Int32 = 0
        var usedOfLowParity: Int32 = 0
        /// Ports of the low parity with any four-tuple, reusable ones too.
        var presentOfLowParity: Int32 = 0
        var reusable: Int32 = 0
        /// `tcp_tw_reuse` applies.
        var reuses: Bool
        var isChanged = false
    }

    /// Adds what a four-tuple on an open port counts for to its destination (`sign` 1), or takes it away (-1).
    mutating func count(_ slot: Int32, _ sign: Int32) {
        let tuple = tuples[Int(slot)]
        if tuple.sockets == 0 { return }
        let number = Int(tuple.destination)
        let isLow = hasLowParity(tuple.port)
        if tuple.blocking > 0 {
            counts[number].used += sign
            if tuple.blocking == tuple.timeWaits { counts[number].usedByTimeWait += sign }
            if isLow { counts[number].usedOfLowParity += sign }
        } else {
            counts[number].reusable += sign
        }
        if isLow { counts[number].presentOfLowParity += sign }
        if !counts[number].isChanged {
            counts[number].isChanged = true
            changed.append(number)
        }
    }

    /// Changes a four-tuple and what it counts for.
    private mutating func update(_ slot: Int32, _ change: (inout Tuple) -> Void) {
        let isCounted = isOpen(tuples[Int(slot)].port)
        if isCounted { count(slot, -1) }
        change(&tuples[Int(slot)])
        if isCounted { count(slot, 1) }
    }

    mutating func insertConnection(_ socket: Socket) -> Int32 {
        let number = numbered(socket.destination)
        let slot = tupleSlot(number, socket.local.port)
        let isTimeWait = socket.state == .timeWait
        update(slot) { tuple in
            tuple.sockets += 1
            tuple.blocking += 1
            if isTimeWait { tuple.timeWaits += 1 }
        }
        if tuples[Int(slot)].since != socket.since { welcome(slot, socket.since) }
        let connection = connectionSlot(
            Connection(tuple: slot, isTimeWait: isTimeWait, timeWaitSince: socket.timeWaitSince))
        if isTimeWait, counts[Int(number)].reuses { schedule(connection) }
        return connection
    }

    /// A new socket is on a four-tuple.
    private mutating func welcome(_ slot: Int32, _ since: Int) {
        if tuples[Int(slot)].isSuspicious { suspicious -= 1 }
        tuples[Int(slot)].isSuspicious = false
        tuples[Int(slot)].since = since
        tuples[Int(slot)].round = round
        if !hasLowParity(tuples[Int(slot)].port) { newcomers.append((slot, tuples[Int(slot)].generation)) }
    }

    /// Takes a connection out; its port.
    mutating func removeConnection(_ slot: Int32) -> UInt16 {
        let connection = connections[Int(slot)]
        update(connection.tuple) { tuple in
            tuple.sockets -= 1
            if connection.isBlocking { tuple.blocking -= 1 }
            if connection.isBlocking && connection.isTimeWait { tuple.timeWaits -= 1 }
        }
        connections[Int(slot)].tuple = -1
        connections[Int(slot)].generation &+= 1
        freeConnections.append(slot)
        let port = tuples[Int(connection.tuple)].port
        if tuples[Int(connection.tuple)].sockets == 0 { freeTuple(connection.tuple) }
        return port
    }

    mutating func makeReusable(_ slot: Int32) {
        guard connections[Int(slot)].isBlocking else { return }
        connections[Int(slot)].isBlocking = false
        update(connections[Int(slot)].tuple) { tuple in
            tuple.blocking -= 1
            tuple.timeWaits -= 1
        }
    }

    /// A TIME_WAIT will be reusable.
    private mutating func schedule(_ slot: Int32) {
        let connection = connections[Int(slot)]
        pending.insert(
            DueQueue.Item(
                due: connection.timeWaitSince + reuse.threshold, slot: slot, generation: connection.generation))
    }

    /// Counts all connections anew under other limits.
    mutating func countConnections() {
        for number in counts.indices {
            counts[number] = DestinationCounts(reuses: reuse.applies(to: destinations[number]), isChanged: true)
        }
        changed = Array(counts.indices)
        pending.removeAll()
        for slot in tuples.indices { (tuples[slot].blocking, tuples[slot].timeWaits) = (0, 0) }
        for slot in connections.indices where connections[slot].tuple >= 0 {
            let tuple = Int(connections[slot].tuple)
            connections[slot].isBlocking = true
            tuples[tuple].blocking += 1
            if !connections[slot].isTimeWait { continue }
            tuples[tuple].timeWaits += 1
            if counts[Int(tuples[tuple].destination)].reuses { schedule(Int32(slot)) }
        }
        for slot in tuples.indices where isOpen(tuples[slot].port) { count(Int32(slot), 1) }
    }
}

/// Slots.
extension PortSpace {
    private mutating func numbered(_ destination: Destination) -> Int32 {
        if let number = numbers[destination] { return number }
        let number = Int32(destinations.count)
        numbers[destination] = number
        destinations.append(destination)
        counts.append(DestinationCounts(reuses: reuse.applies(to: destination)))
        return number
    }

    func key(_ destination: Int32, _ port: UInt16) -> UInt64 {
        UInt64(UInt32(bitPattern: destination)) << 16 | UInt64(port)
    }

    private mutating func tupleSlot(_ destination: Int32, _ port: UInt16) -> Int32 {
        if let slot = tupleSlots[key(destination, port)] { return slot }
        var tuple = Tuple(destination: destination, port: port)
        tuple.next = ports[port].firstTuple
        let slot: Int32
        if let free = freeTuples.popLast() {
            slot = free
            tuple.generation = tuples[Int(slot)].generation
            tuples[Int(slot)] = tuple
        } else {
            slot = Int32(tuples.count)
            tuples.append(tuple)
        }
        if tuple.next >= 0 { tuples[Int(tuple.next)].previous = slot }
        ports[port].firstTuple = slot
        tupleSlots[key(destination, port)] = slot
        return slot
    }

    private mutating func freeTuple(_ slot: Int32) {
        let tuple = tuples[Int(slot)]
        if tuple.isSuspicious {
            suspicious -= 1
        } else {
            acquitted.now.insert(key(tuple.destination, tuple.port))
        }
        if tuple.next >= 0 { tuples[Int(tuple.next)].previous = tuple.previous }
        if tuple.previous >= 0 {
            tuples[Int(tuple.previous)].next = tuple.next
        } else {
            ports[tuple.port].firstTuple = tuple.next
        }
        tupleSlots[key(tuple.destination, tuple.port)] = nil
        tuples[Int(slot)].isSuspicious = false
        tuples[Int(slot)].generation &+= 1
        freeTuples.append(slot)
    }

    private mutating func connectionSlot(_ connection: Connection) -> Int32 {
        guard let slot = freeConnections.popLast() else {
            connections.append(connection)
            return Int32(connections.count - 1)
        }
        let generation = connections[Int(slot)].generation
        connections[Int(slot)] = connection
        connections[Int(slot)].generation = generation
        return slot
    }
}
