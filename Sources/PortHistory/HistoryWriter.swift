import GRDB
import PortModel

/// The recorder's side of a history: one writer a file, which appends samples.
///
/// ``compare(_:)`` says what a sample changes, the caller says who owns what is new, ``append(_:_:_:measuring:)`` writes it: in one
/// transaction, so that a sample is in the history whole or not at all. Not for several threads.
public final class HistoryWriter {
    /// The file.
    public let path: String
    /// The newest sample's number; 0 in an empty history.
    public private(set) var newestSample = 0
    private let host: String
    private let bootID: String
    private let queue: DatabaseQueue
    private let lock: RecorderLock
    private var open = OpenSockets()
    private var listeners = ListenerMemory()
    private var sideTables = SideTables()
    private var limitsInForce: [Int: PortLimits] = [:]
    private var namespaces: Set<Int> = []
    private var nextID: Int64 = 1
    private var isClosed = false

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
        self.path = path
        self.host = host
        self.bootID = bootID
        if try HistoryFile.kind(at: path) == .foreign { throw .notPortlog(path: path) }
        lock = try RecorderLock(for: path)
        queue = try HistoryConnection.openForWriting(path)
        do { try resume() } catch { throw HistoryError(error, path) }
    }

    /// What is different between these snapshots, one a namespace, and the newest sample.
    public func compare(_ snapshots: [Snapshot]) -> SampleChanges { open.compare(snapshots) }

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
        if isClosed { throw .inputOutput(path: path, reason: "the history is closed") }
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
            open.shrink()
            return sample
        } catch {
            // The memory is ahead of the file: read it again. Where even that fails, the next append says so.
            try? resume()
            throw HistoryError(error, path)
        }
    }

    /// Writes the log back into the file as far as readers allow and closes it. Nothing can be appended any more.
    public func close() {
        if isClosed { return }
        isClosed = true
        try? queue.inDatabase { _ = try $0.checkpoint(.truncate) }
        try? queue.close()
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

    // MARK: - Going on

    /// Reads the memory from the file.
    private func resume() throws {
        try queue.inDatabase { database in
            sideTables.forget()
            open = OpenSockets()
            listeners = ListenerMemory()
            newestSample = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
            namespaces = Set(try Int.fetchAll(database, sql: "SELECT id FROM namespace"))
            limitsInForce = [:]
            if newestSample > 0 {
                for change in try LimitsTable.changes(in: newestSample...newestSample, from: database) {
                    limitsInForce[change.namespace] = change.limits
                }
            }
            let lastBoot = try String.fetchOne(
                database, sql: "SELECT boot_id FROM boot JOIN sample ON boot.id = boot WHERE number = ?",
                arguments: [newestSample])
            if let lastBoot, lastBoot != bootID { try endBoot(in: database) }
            try restoreListeners(from: database)
            try restoreOpenSockets(from: database)
        }
    }

    /// No socket outlives its boot.
    private func endBoot(in database: Database) throws {
        try database.inTransaction(.immediate) {
            let intervals = try IntervalStatements(database)
            try OpenSocketReader(database).forEach { socket in
                try intervals.insertClosed(socket, last: newestSample, continued: false)
            }
            try database.execute(sql: "DELETE FROM open_interval; DELETE FROM listened_port")
            return .commit
        }
    }

    private func restoreListeners(from database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT * FROM listened_port") {
            let port = ListenerMemory.Port(
                namespace: row["namespace"], transport: row["transport"] == 0 ? .tcp : .udp, number: row["port"])
            listeners.closed(port, last: row["last"], holder: row["holder"])
        }
    }

    private func restoreOpenSockets(from database: Database) throws {
        nextID = 1
        try OpenSocketReader(database).forEach { socket in
            nextID = max(nextID, socket.id + 1)
            if socket.row.isListener { listeners.opened(.init(socket.row, socket.namespace)) }
            open.restore(socket)
        }
    }
}
