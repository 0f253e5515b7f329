import GRDB
import PortModel

/// The recorder's side of a history: one writer a file, which appends samples.
///
/// ``compare(_:)`` says what a sample changes, the caller says who owns what is new, ``append(_:_:_:measuring:)`` writes it: in one
/// transaction, so that a sample is in the history whole or not at all. Not for several threads.
public final class HistoryWriter {
    /// The file, without symbolic links.
    public let path: String
    /// The newest sample's number; 0 in an empty history.
    public internal(set) var newestSample = 0
    let host: String
    let bootID: String
    let queue: DatabaseQueue
    private var lock: RecorderLock?
    private let before: HistoryFile.Kind
    private let identity: (device: UInt, inode: UInt)?
    var open = OpenSockets()
    var listeners = ListenerMemory()
    var sideTables = SideTables()
    var limitsInForce: [Int: PortLimits] = [:]
    var namespaces: Set<Int> = []
    var nextID: Int64 = 1
    /// CLOCK_BOOTTIME at the newest sample, in milliseconds.
    var newestBootClock: Int64 = 0
    /// The memory is not what the file holds, since a failed append.
    var isStale = false

    /// Opens a history for writing, makes it where there is none, and goes on where the last recorder stopped.
    ///
    /// What stood open when the last recorder ended ends at its last sample, unless this is the same boot and the next sample still
    /// sees it.
    ///
    /// - Parameters:
    ///   - path: the file; `PATH-wal`, `PATH-shm` and `PATH-lock` stand beside it.
    ///   - host: the host's name.
    ///   - bootID: /proc/sys/kernel/random/boot_id.
    public init(path: String, host: String, bootID: String) throws(HistoryError) {
        let path = HistoryFile.resolved(path)
        self.path = path
        self.host = host
        self.bootID = bootID
        before = try HistoryFile.kind(at: path)
        if before == .foreign { throw .notPortlog(path: path) }
        let lock = try RecorderLock(for: path)
        do {
            queue = try HistoryConnection.openForWriting(path)
        } catch {
            if before == .missing { lock.remove() }
            throw error
        }
        lock.share(like: path)
        self.lock = lock
        identity = HistoryFile.identity(at: path)
        do { try resume() } catch { throw HistoryError(error, path) }
    }

    /// Whether the file still stands where it was opened; false once it has been removed or replaced.
    public var isInPlace: Bool { HistoryFile.identity(at: path).map { $0 == (identity ?? (0, 0)) } ?? false }

    /// What is different between these snapshots, one a namespace, and the newest sample.
    ///
    /// - Parameter bootClock: CLOCK_BOOTTIME of the snapshots in milliseconds: tells a TIME_WAIT from a later one of the same
    ///   four-tuple. Without it, no time is taken to have passed.
    /// - Throws: Why the memory cannot be brought in line with the file after a failed append.
    public func compare(_ snapshots: [Snapshot], bootClock: Int64? = nil) throws(HistoryError) -> SampleChanges {
        do {
            if isStale { try resume() }
        } catch {
            throw HistoryError(error, path)
        }
        let elapsed = bootClock.map { max(0, $0 - newestBootClock) / 10 } ?? 0
        return open.compare(snapshots, elapsedTicks: newestSample == 0 ? 0 : UInt32(clamping: elapsed))
    }

    /// Writes a sample.
    ///
    /// - Parameters:
    ///   - sample: when it was taken and what went wrong; number and sockets are filled in here.
    ///   - snapshots: what was read, the same that was compared.
    ///   - changes: what ``compare(_:)`` said, with owners.
    ///   - measuring: called last before the sample's row is written, to note what it cost.
    /// - Returns: The sample as written.
    /// - Throws: Why nothing was written. The history is as it was, and the next sample is compared with its newest.
    @discardableResult
    public func append(
        _ sample: SampleRecord, _ snapshots: [Snapshot], _ changes: SampleChanges,
        measuring: (inout SampleRecord) -> Void = { _ in }
    ) throws(HistoryError) -> SampleRecord {
        guard lock != nil, !isStale else {
            throw .inputOutput(
                path: path, reason: lock == nil ? "the history is closed" : "the snapshots were not compared")
        }
        guard newestSample < Int32.max - 1 else { throw .damaged(path: path, reason: "its sample numbers are used up") }
        var sample = sample
        sample.number = newestSample + 1
        sample.bootID = bootID
        sample.sockets = changes.sockets
        do {
            try queue.inDatabase { database in
                try database.inTransaction(.immediate) {
                    try write(&sample, snapshots, changes, measuring, in: database)
                    return .commit
                }
            }
            newestSample = sample.number
            newestBootClock = sample.bootClock
            open.shrink()
            return sample
        } catch {
            // The memory is ahead of the file: it is read again before the next comparison.
            isStale = true
            let error = HistoryError(error, path)
            // The log itself may be what has filled the disk: what it holds moves into the file, where there is room for it.
            if case .noRoom = error { try? queue.inDatabase { _ = try $0.checkpoint(.truncate) } }
            throw error
        }
    }

    /// Writes the log back into the file as far as readers allow, closes it and lets go of the lock. Nothing can be appended any
    /// more. A file that was made here and got no sample is removed.
    public func close() {
        guard let lock else { return }
        try? queue.inDatabase { _ = try $0.checkpoint(.truncate) }
        try? queue.close()
        if newestSample == 0, isInPlace, before == .missing || before == .empty {
            HistoryConnection.restore(path, before)
            if before == .missing { lock.remove() }
        }
        self.lock = nil
    }

    /// The inodes of sockets that the changes end, or that lose their inode by them.
    public func forEachEnding(_ changes: SampleChanges, _ body: (_ inode: UInt64) -> Void) {
        for slot in changes.closed where open.slots[Int(slot)].row.inode != 0 { body(open.slots[Int(slot)].row.inode) }
        for change in changes.changed where open.slots[Int(change.slot)].id != 0 {
            let inode = open.slots[Int(change.slot)].row.inode
            if inode != 0, !change.keepsInode { body(inode) }
        }
    }

    /// The inodes of sockets whose rows are as they were.
    public func forEachUnchanged(_ changes: SampleChanges, _ body: (OpenSocketID, _ inode: UInt64) -> Void) {
        if changes.changed.count + changes.closed.count == open.count { return }
        let changed = Set(changes.changed.map(\.slot)).union(changes.closed)
        for slot in open.slots.indices where open.slots[slot].seen != 0 && open.slots[slot].row.inode != 0 {
            if !changed.contains(Int32(slot)) { body(OpenSocketID(slot: Int32(slot)), open.slots[slot].row.inode) }
        }
    }

    // MARK: - One sample

    private func write(
        _ sample: inout SampleRecord, _ snapshots: [Snapshot], _ changes: SampleChanges,
        _ measuring: (inout SampleRecord) -> Void, in database: Database
    ) throws {
        let boot = try sideTables.boot(bootID, host: host, in: database)
        try noteNamespaces(snapshots, sample: sample.number, in: database)
        let intervals = try IntervalStatements(database)

        for slot in changes.closed {
            let socket = open.slots[Int(slot)]
            try intervals.close(socket, last: sample.number - 1, continued: false)
            try noteListener(socket, left: sample.number - 1, in: database)
            open.remove(slot)
        }
        for (slot, ownership) in changes.reassigned {
            var socket = open.slots[Int(slot)]
            let holder = try sideTables.holder(
                uid: socket.row.inode == 0 ? nil : socket.row.uid, changes.ownerships[Int(ownership)], boot: boot,
                in: database)
            if holder == Int(socket.holder) { continue }
            try intervals.close(socket, last: sample.number - 1, continued: true)
            socket.holder = Int32(holder)
            try reopen(&socket, slot, sample.number, intervals)
        }
        // Listeners first: they decide the role of the connections that are new with them.
        for isListener in [true, false] {
            for change in changes.changed {
                let snapshot = snapshots[Int(change.snapshot)]
                let row = snapshot.rows[Int(change.row)]
                if row.isListener != isListener { continue }
                try apply(change, row, changes, snapshot.namespace, sample.number, boot, intervals, in: database)
            }
        }
        measuring(&sample)
        try insert(sample, boot: boot, in: database)
    }

    private func apply(
        _ change: SampleChanges.Change, _ row: SocketRow, _ changes: SampleChanges, _ namespace: Int, _ sample: Int,
        _ boot: Int, _ intervals: IntervalStatements, in database: Database
    ) throws {
        let old = open.slots[Int(change.slot)]
        var socket = OpenSocket(row: row)
        socket.namespace = Int16(namespace)
        let uid = row.inode == 0 ? nil : row.uid
        if change.ownership != SampleChanges.Change.inherited {
            socket.holder = Int32(
                try sideTables.holder(
                    uid: uid, changes.ownerships[Int(change.ownership)], boot: boot, in: database))
        } else if uid == nil {
            socket.holder = Int32(try sideTables.heir(of: Int(old.holder), in: database))
        } else {
            socket.holder = Int32(try sideTables.holder(like: Int(old.holder), uid: uid, in: database))
        }
        if old.id != 0 {
            try intervals.close(old, last: sample - 1, continued: change.continues)
            if !change.continues { try noteListener(old, left: sample - 1, in: database) }
        }
        if change.continues {
            socket.role = old.role
            socket.flow = old.flow
            socket.socketFirst = old.socketFirst
        } else {
            if row.isListener { listeners.opened(.init(row, socket.namespace)) }
            socket.role = try role(of: socket, sample, in: database)
            socket.flow = Int32(try sideTables.flow(row, socket.namespace, socket.role, in: database))
            socket.socketFirst = Int32(sample)
        }
        try reopen(&socket, change.slot, sample, intervals)
    }

    private func reopen(_ socket: inout OpenSocket, _ slot: Int32, _ sample: Int, _ intervals: IntervalStatements)
        throws
    {
        socket.id = nextID
        nextID += 1
        socket.first = Int32(sample)
        socket.timeWaitAge = socket.row.timeWaitAge
        try intervals.open(socket)
        open.update(slot, socket)
    }

    /// Which side of a connection a new socket is: see docs/decisions/ for the rule and what was considered.
    private func role(of socket: OpenSocket, _ sample: Int, in database: Database) throws -> ConnectionRole {
        let row = socket.row
        if row.remote.isNone { return .none }
        if row.state == .synSent { return .outgoing }
        guard let here = listeners[.init(row, socket.namespace)] else { return .outgoing }
        if here.count > 0 { return .accepted }
        // The listener has gone. A connection that is new one sample later cannot have been accepted by it.
        if here.last < sample - 1 { return .outgoing }
        // It went in this very sample. A peer on this host that is a listener settles it, or else another program's descriptor.
        let peer = ListenerMemory.Port(
            namespace: socket.namespace, transport: row.table.transport, number: row.remote.port)
        let isLocalPeer = row.remote.address == row.local.address || row.remote.address.isLoopback
        if isLocalPeer, let there = listeners[peer], there.count > 0 { return .outgoing }
        let listener = try sideTables.programs(of: Int(here.holder), in: database)
        let owner = try sideTables.programs(of: Int(socket.holder), in: database)
        return listener.isEmpty || owner.isEmpty || !listener.isDisjoint(with: owner) ? .accepted : .outgoing
    }

    private func noteListener(_ socket: OpenSocket, left last: Int, in database: Database) throws {
        guard socket.row.isListener else { return }
        let port = ListenerMemory.Port(socket.row, socket.namespace)
        listeners.closed(port, last: last, holder: socket.holder)
        try database.cachedStatement(
            sql:
                "INSERT OR REPLACE INTO listened_port (namespace, transport, port, last, holder) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
            Int(port.namespace), port.transport == .tcp ? 0 : 1, Int(port.number), last, Int(socket.holder),
        ])
    }

    private func noteNamespaces(_ snapshots: [Snapshot], sample: Int, in database: Database) throws {
        for snapshot in snapshots {
            if namespaces.insert(snapshot.namespace).inserted {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO namespace (id, name) VALUES (?, ?)",
                    arguments: [snapshot.namespace, snapshot.namespaceName])
            }
            if limitsInForce[snapshot.namespace] != snapshot.limits {
                try LimitsTable.append(snapshot.limits, namespace: snapshot.namespace, sample: sample, in: database)
                limitsInForce[snapshot.namespace] = snapshot.limits
            }
        }
    }

    private func insert(_ sample: SampleRecord, boot: Int, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO sample (number, taken_at, boot_clock, boot, duration_us, cpu_us, interval_ms, sockets,
                    permission_denied, malformed, missed, listen_overflows, listen_drops, time_wait_overflow)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            sample.number, sample.takenAt.milliseconds, sample.bootClock, boot,
            Int(sample.durationMilliseconds * 1000), Int(sample.cpuMilliseconds * 1000), sample.intervalMilliseconds,
            sample.sockets, sample.permissionDenied, sample.malformed, sample.missed, sample.listenOverflows,
            sample.listenDrops, sample.timeWaitOverflow,
        ])
    }
}
