import GRDB
import GRDBSQLite
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
    /// How long the history is kept, and how large it may be.
    public let retention: RetentionPolicy
    let host: String
    let bootID: String
    let queue: DatabaseQueue
    private var lock: RecorderLock?
    private let before: HistoryFile.Kind
    private let identity: (device: UInt, inode: UInt)?
    var open = OpenSockets()
    var listeners = ListenerMemory()
    var sideTables = SideTables()
    var rollups = RollupWriter()
    var datagrams = DatagramSharing()
    var inference = OwnerInference()
    var listenerBook = ListenerBook()
    var closeWaits = CloseWaitCounts()
    var destinationHolders = DestinationHolders()
    /// Connections that the sample at hand found on ports of listeners that are gone.
    var strays: [SampleFigures.Stray] = []
    /// The next figures tell everything there is.
    var isFirstFigures = true
    var wordUse = WordUse()
    private var retentionSweep: RetentionSweep
    var wordSweep = WordSweep()
    let space: SpaceBudget
    /// Intervals begun by the sample at hand.
    var written = 0
    /// From one sample to the next.
    var intervalMilliseconds: Int64 = 10_000
    var limitsInForce: [Int: PortLimits] = [:]
    var namespaces = NamespaceTable()
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
    ///   - retention: how long it is kept, and how large it may be.
    public init(
        path: String, host: String, bootID: String, retention: RetentionPolicy = .standard
    ) throws(HistoryError) {
        let given = path
        let path = HistoryFile.resolved(path)
        self.path = path
        self.retention = retention
        self.host = host
        self.bootID = bootID
        before = try HistoryFile.kind(at: path)
        if before == .foreign { throw .notPortlog(path: path) }
        if before == .missing, let target = HistoryFile.linkTarget(at: path) {
            throw .cannotCreate(path: path, reason: "it is a link to \(target), which does not exist")
        }
        try SharedFolder.check(given, path)
        try HistoryFile.expectOneName(path)
        let lock = try RecorderLock(for: path)
        do throws(HistoryError) {
            queue = try HistoryConnection.openForWriting(path)
            (space, retentionSweep) = try Self.prepare(queue, retention, path)
        } catch {
            if before == .missing { lock.remove() }
            throw error
        }
        lock.share(like: path)
        self.lock = lock
        identity = HistoryFile.identity(at: path)
        do {
            try queue.inDatabase { try writeSettings(in: $0) }
            try resume()
        } catch {
            throw failure(error)
        }
    }

    private static func prepare(
        _ queue: DatabaseQueue, _ retention: RetentionPolicy, _ path: String
    ) throws(HistoryError) -> (SpaceBudget, RetentionSweep) {
        do {
            return try queue.inDatabase { database in
                (try SpaceBudget(retention.budget, database), try RetentionSweep(retention, database))
            }
        } catch {
            throw HistoryError(error, path)
        }
    }

    /// Whether the file still stands where it was opened; false once it has been removed or replaced.
    public var isInPlace: Bool { HistoryFile.identity(at: path).map { $0 == (identity ?? (0, 0)) } ?? false }

    /// Whether no other recorder can have taken the history; false once the file of the lock has been removed or replaced.
    public var isLocked: Bool { lock?.isInPlace ?? false }

    /// Whether another sample has room, before it is taken: the budget's reserve for the write-ahead log can be used up by a reader
    /// that keeps a transaction open.
    ///
    /// - Throws: ``HistoryError/logHeld(path:)``.
    public func makeRoom() throws(HistoryError) {
        do {
            if isStale { try resume() }
        } catch {
            throw HistoryError(error, path)
        }
        if queue.inDatabase({ space.hasRoom($0) }) { return }
        throw .logHeld(path: path)
    }

    /// What the recorder before was losing when it ended: no sample counts these yet.
    public var lossBefore: RecorderLoss? { lock?.lossBefore }

    /// Tells those who ask that samples are being lost, and why; `nil` when that is over.
    public func note(_ loss: RecorderLoss?) { lock?.note(loss) }

    /// The file with the locks of the log's readers (https://www.sqlite.org/walformat.html#wal_locks), and the bytes that these lock.
    public var readerLocks: (inode: UInt64, bytes: ClosedRange<UInt64>)? {
        HistoryFile.identity(at: path + "-shm").map { (UInt64($0.inode), 123...127) }
    }

    /// The number by which the history knows a namespace of this name; `nil` when it has room for no more names.
    public func namespaceNumber(_ name: String) -> Int? { namespaces.number(of: name) }

    /// Whether the newest sample had a namespace of this name.
    public func hasLivingNamespace(_ name: String) -> Bool { namespaces.isPresent(name) }

    /// What is different between these snapshots, one a namespace, and the newest sample.
    ///
    /// - Parameter bootClock: CLOCK_BOOTTIME of the snapshots in milliseconds: tells a TIME_WAIT from a later one of the same
    ///   four-tuple. Without it, no time is taken to have passed.
    /// - Throws: Why the memory cannot be brought in line with the file after a failed append.
    public func compare(_ snapshots: [Snapshot], bootClock: Int64? = nil) throws(HistoryError) -> SampleChanges {
        do {
            if isStale { try resume() }
        } catch {
            throw failure(error)
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
                try writePiece(database) { try write(&sample, snapshots, changes, measuring, in: database) }
            }
            newestSample = sample.number
            newestBootClock = sample.bootClock
            if let moves = open.shrink() { rollups.move(moves) }
            return sample
        } catch {
            // The memory is ahead of the file: it is read again before the next comparison.
            isStale = true
            let reason = failure(error)
            if (error as? DatabaseError)?.resultCode == .SQLITE_FULL, reason == .overBudget(path: path) {
                space.needsMore()
            }
            switch reason {
            case .noRoom, .overBudget: recoverRoom()
            default: break
            }
            throw reason
        }
    }

    /// What an error means. SQLite says the same of a full disk and of a file that has come to its budget.
    func failure(_ error: any Error) -> HistoryError {
        let error = HistoryError(error, path)
        if case .noRoom = error, HistoryFile.hasRoom(at: path) { return .overBudget(path: path) }
        return error
    }

    /// Writes in one transaction what has to fit into the log. When it fails, what it has removed is there again, and nothing is taken
    /// to be known of it.
    func writePiece(_ database: Database, _ body: () throws -> Void) throws {
        let (retentionBefore, namespacesBefore) = (retentionSweep, namespaces)
        do {
            try space.begin(database)
            try database.inTransaction(.immediate) {
                try body()
                switch try space.excess(database) {
                case nil: return .commit
                case .held: throw HistoryError.logHeld(path: path)
                case .tooMuch: throw HistoryError.overBudget(path: path)
                }
            }
            space.end(database)
        } catch {
            (retentionSweep, namespaces) = (retentionBefore, namespacesBefore)
            forgetWords()
            throw error
        }
    }

    /// Writes the log back into the file as far as readers allow, closes it and lets go of the lock. Nothing can be appended any
    /// more. A file that was made here and got no sample is removed.
    public func close() {
        guard let lock else { return }
        try? queue.inDatabase { _ = try $0.checkpoint(.truncate) }
        try? queue.close()
        if newestSample == 0, isInPlace, isLocked, before == .missing || before == .empty {
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

    /// The log itself may be what has filled the disk: what it holds moves into the file, where there is room for it. And the file
    /// may have come to its budget.
    private func recoverRoom() {
        queue.inDatabase { _ = space.checkpoint($0, SQLITE_CHECKPOINT_TRUNCATE) }
        // What has to stay is said by the memory.
        guard (try? resume()) != nil else { return }
        try? queue.inDatabase { database in
            try sweepToTarget(in: database)
            guard retentionSweep.keepsFew(newestSample), try space.usedPages(database) > space.target else { return }
            defer { forgetWords() }
            for (table, statement) in WordSweep.removingUnused {
                guard let last = try Int.fetchOne(database, sql: "SELECT max(id) FROM \(table)") else { continue }
                try removeUnused(statement, 0...max(0, last), in: database)
            }
        }
    }

    /// Removes what the file has no room for.
    func sweepToTarget(in database: Database) throws {
        for _ in 0..<16 where try space.usedPages(database) > space.target {
            try writePiece(database) { try sweep(in: database) }
            space.checkpoint(database, SQLITE_CHECKPOINT_TRUNCATE)
        }
    }

    /// Removes the words of a range of numbers that nothing refers to; in parts, where that is too much for the log.
    private func removeUnused(_ statement: String, _ ids: ClosedRange<Int>, in database: Database) throws {
        do {
            try writePiece(database) {
                try database.execute(sql: statement, arguments: [ids.lowerBound, ids.upperBound])
            }
            space.checkpoint(database, SQLITE_CHECKPOINT_TRUNCATE)
        } catch HistoryError.overBudget where ids.count > 64 {
            let middle = ids.lowerBound + ids.count / 2
            try removeUnused(statement, ids.lowerBound...(middle - 1), in: database)
            try removeUnused(statement, middle...ids.upperBound, in: database)
        }
    }

    /// What is known of words is read again.
    func forgetWords() {
        sideTables.forget()
        wordUse = WordUse()
        wordSweep.restart()
    }

    /// Removes a little of what is not kept any more.
    func sweep(in database: Database) throws {
        let state = RetentionSweep.State(sample: newestSample, clock: rollups.clock, written: written)
        // What the last removed samples needed goes before more of them do.
        let target = wordSweep.isBehind ? space.limit : space.target
        try retentionSweep.sweep(state, database) { try space.usedPages(database) > target }
        let oldest = retentionSweep.oldestKept
        wordUse.fit(kept: newestSample - oldest)
        if try wordSweep.sweep(oldest: oldest, newest: newestSample, open, rollups.book, database) {
            sideTables.forget()
        }
        // About once an hour: it looks at every flow.
        if newestSample.isMultiple(of: 360) { try namespaces.prune(oldest: oldest, in: database) }
        try space.shrink(database)
    }
}
