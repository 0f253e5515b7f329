import PortModel

/// The sockets of the newest sample, found by what tells them apart: a connected TCP socket by its four-tuple, every other by its
/// inode as well.
///
/// One array of slots and one hash table of their numbers: a row that is as it was costs one look-up and no allocation.
struct OpenSockets {
    /// The sockets; a slot whose ``OpenSocket/seen`` is 0 is free.
    private(set) var slots: [OpenSocket] = []
    private var free: [Int32] = []
    /// Open addressing with linear probing; an entry is 0 when empty, else the upper half of the key's hash and slot + 1.
    private var index: [UInt64] = Array(repeating: 0, count: 1024)
    private var used = 0
    /// The number of the newest comparison; never 0, which marks a free slot.
    private var comparison: UInt32 = 1
    private var elapsedTicks: UInt32 = 0
    private let seed = UInt64.random(in: 1 ... .max)

    /// How many sockets stand open.
    var count: Int { used }

    /// Compares what was read with what stood open. Slots for new sockets are taken at once, so changes that cannot be written leave
    /// this memory ahead of the history: it is then read anew.
    ///
    /// - Parameter elapsedTicks: Hundredths of a second since the last comparison.
    mutating func compare(_ snapshots: [Snapshot], elapsedTicks: UInt32) -> SampleChanges {
        var changes = SampleChanges()
        self.elapsedTicks = elapsedTicks
        comparison &+= 1
        if comparison == 0 { comparison = 1 }
        for (number, snapshot) in snapshots.enumerated() {
            if used == 0 { changes.changed.reserveCapacity(snapshot.rows.count) }
            reserve(snapshot.rows.count)
            snapshot.rows.withUnsafeBufferPointer { rows in
                for position in rows.indices {
                    compare(rows[position], Int16(snapshot.namespace), (Int16(number), Int32(position)), &changes)
                }
            }
        }
        for slot in slots.indices where slots[slot].seen != comparison && slots[slot].seen != 0 {
            changes.closed.append(Int32(slot))
        }
        return changes
    }

    private mutating func compare(
        _ row: SocketRow, _ namespace: Int16, _ place: (snapshot: Int16, row: Int32), _ changes: inout SampleChanges
    ) {
        let hash = Self.hash(row, namespace, seed)
        guard let slot = find(row, namespace, hash) else {
            let slot = insert(row, namespace, hash)
            changes.sockets += 1
            changes.changed.append(
                .init(row: place.row, slot: slot, ownership: 0, snapshot: place.snapshot, continues: false))
            return
        }
        let (isRepeated, isSame, continues, keepsInode) = slots.withUnsafeMutableBufferPointer { slots in
            let old = slots[Int(slot)].row
            if slots[Int(slot)].seen == comparison { return (true, false, false, false) }
            slots[Int(slot)].seen = comparison
            let continues = row.continues(old, elapsedTicks: elapsedTicks)
            let isSame =
                continues && row.state == old.state && row.inode == old.inode
                && (row.uid == old.uid || row.inode == 0)
            if isSame { slots[Int(slot)].row.timerTicks = row.timerTicks }
            return (false, isSame, continues, row.inode == old.inode)
        }
        if isRepeated {
            changes.repeated += 1
            return
        }
        changes.sockets += 1
        if !isSame {
            let ownership = continues ? SampleChanges.Change.inherited : 0
            changes.changed.append(
                .init(
                    row: place.row, slot: slot, ownership: ownership, snapshot: place.snapshot, continues: continues,
                    keepsInode: keepsInode))
        }
    }

    /// Takes a socket in that is known from the history.
    mutating func restore(_ socket: OpenSocket) {
        reserve(1)
        let hash = Self.hash(socket.row, socket.namespace, seed)
        let slot = insert(socket.row, socket.namespace, hash)
        slots[Int(slot)] = socket
        slots[Int(slot)].seen = comparison
    }

    /// Puts a socket's new properties in its slot; what identifies it does not change.
    mutating func update(_ slot: Int32, _ socket: OpenSocket) {
        slots[Int(slot)] = socket
        slots[Int(slot)].seen = comparison
    }

    /// Changes what is known of a socket; what identifies it stays.
    mutating func withSocket(_ slot: Int32, _ change: (inout OpenSocket) -> Void) {
        if slots.indices.contains(Int(slot)) { change(&slots[Int(slot)]) }
    }

    /// Gives back the memory, and the time of every comparison, that a burst of sockets has left behind: when most slots are free,
    /// the sockets move together.
    ///
    /// - Returns: Where they have gone; `nil` when they stay. Slots that are known from before are void then.
    mutating func shrink() -> Moves? {
        if slots.count < 1024 || used * 4 > slots.count { return nil }
        var dense = OpenSockets()
        var moves = Moves(slots: Array(repeating: -1, count: slots.count))
        dense.comparison = comparison
        dense.slots.reserveCapacity(used + used / 4)
        for slot in slots.indices where slots[slot].seen != 0 {
            moves.slots[slot] = Int32(dense.slots.count)
            dense.restore(slots[slot])
        }
        self = dense
        return moves
    }

    /// Where the sockets of each slot have moved.
    struct Moves {
        fileprivate var slots: [Int32]

        /// The slot of what stood in another one before; -1, which no socket has, where there was none.
        subscript(slot: Int32) -> Int32 { slots.indices.contains(Int(slot)) ? slots[Int(slot)] : -1 }
    }

    /// Forgets a socket.
    mutating func remove(_ slot: Int32) {
        let socket = slots[Int(slot)]
        if socket.seen == 0 { return }
        let mask = index.count - 1
        var position = Int(truncatingIfNeeded: Self.hash(socket.row, socket.namespace, seed)) & mask
        while UInt32(truncatingIfNeeded: index[position]) != UInt32(slot + 1) { position = (position + 1) & mask }
        closeGap(at: position, mask: mask)
        slots[Int(slot)].seen = 0
        free.append(slot)
        used -= 1
    }

    // MARK: - The hash table

    /// Backward-shift deletion: entries after the gap move up when that does not take them before their home position.
    private mutating func closeGap(at start: Int, mask: Int) {
        var gap = start
        var position = (gap + 1) & mask
        while index[position] != 0 {
            let entry = slots[Int(UInt32(truncatingIfNeeded: index[position])) - 1]
            let home = Int(truncatingIfNeeded: Self.hash(entry.row, entry.namespace, seed)) & mask
            if (position &- home) & mask >= (position &- gap) & mask {
                index[gap] = index[position]
                gap = position
            }
            position = (position + 1) & mask
        }
        index[gap] = 0
    }

    /// Whether the socket of a row stands open, in whatever state.
    func contains(_ row: SocketRow, _ namespace: Int16) -> Bool {
        find(row, namespace, Self.hash(row, namespace, seed)) != nil
    }

    private func find(_ row: SocketRow, _ namespace: Int16, _ hash: UInt64) -> Int32? {
        index.withUnsafeBufferPointer { index in
            slots.withUnsafeBufferPointer { slots in
                let mask = index.count - 1
                var position = Int(truncatingIfNeeded: hash) & mask
                while true {
                    let entry = index[position]
                    if entry == 0 { return nil }
                    if entry >> 32 == hash >> 32 {
                        let slot = Int(UInt32(truncatingIfNeeded: entry)) - 1
                        if slots[slot].namespace == namespace, slots[slot].row.isSameKey(as: row) { return Int32(slot) }
                    }
                    position = (position + 1) & mask
                }
            }
        }
    }

    private mutating func insert(_ row: SocketRow, _ namespace: Int16, _ hash: UInt64) -> Int32 {
        var socket = OpenSocket(row: row)
        socket.namespace = namespace
        socket.seen = comparison
        let slot: Int32
        if let last = free.popLast() {
            slot = last
            slots[Int(slot)] = socket
        } else {
            slot = Int32(slots.count)
            slots.append(socket)
        }
        if (used + 1) * 4 > index.count * 3 { grow(to: index.count * 2) }
        let mask = index.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while index[position] != 0 { position = (position + 1) & mask }
        index[position] = (hash >> 32) << 32 | UInt64(slot + 1)
        used += 1
        return slot
    }

    /// Makes room for as many sockets as a snapshot has rows, exactly: growth by doubling would leave half of it unused.
    private mutating func reserve(_ rows: Int) {
        if slots.isEmpty { slots.reserveCapacity(rows + rows / 128) }
        var size = index.count
        while rows * 4 > size * 3 { size *= 2 }
        if size > index.count { grow(to: size) }
    }

    private mutating func grow(to size: Int) {
        let old = index
        index = Array(repeating: 0, count: size)
        let mask = size - 1
        for entry in old where entry != 0 {
            let socket = slots[Int(UInt32(truncatingIfNeeded: entry)) - 1]
            var position = Int(truncatingIfNeeded: Self.hash(socket.row, socket.namespace, seed)) & mask
            while index[position] != 0 { position = (position + 1) & mask }
            index[position] = entry
        }
    }

    private static func hash(_ row: SocketRow, _ namespace: Int16, _ seed: UInt64) -> UInt64 {
        let ports = UInt64(row.local.port) << 48 | UInt64(row.remote.port) << 32
        let kind = UInt64(row.table.rawValue) << 16 | UInt64(UInt16(bitPattern: namespace))
        var h = seed
        func mix(_ word: UInt64) {
            let product = (h ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            h = product.high ^ product.low
        }
        mix(row.local.address.high)
        mix(row.local.address.low)
        mix(row.remote.address.high)
        mix(row.remote.address.low)
        mix(ports | kind)
        mix(row.isConnectedTCP ? 0 : row.inode)
        return h
    }
}

extension SocketRow {
    /// Whether two rows can be the same socket: the same endpoints, and for sockets that share those, the same inode.
    fileprivate func isSameKey(as other: SocketRow) -> Bool {
        local == other.local && remote == other.remote && table == other.table
            && isConnectedTCP == other.isConnectedTCP && (isConnectedTCP || inode == other.inode)
    }
}
