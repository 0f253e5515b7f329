import PortHistory
import PortModel
import ProcFS

/// Finds the processes that hold sockets, at a cost that follows what changed.
///
/// A new process is looked through once. For a new socket the likely descriptors are asked first: the kernel gives out the lowest
/// free number (`alloc_fd` in fs/file.c), so that a new socket stands where another was closed, or right above the highest. Only
/// what is not found so makes it list whole processes, those with few sockets first, until all are found.
///
/// Processes come and go while it looks. What it says of a socket it has read from a directory of that very process, so that a
/// reused process number never gives a wrong owner: where there is a doubt, the owner is unknown.
struct SocketAttributor {
    let proc: ProcFS
    var processes: [Int32: TrackedProcess] = [:]
    var holders = SocketHolders()
    /// Sockets that no visible process holds, and since which sample they are looked for.
    var unresolved: [UInt64: Int] = [:]
    /// Processes that the last sample found gone. The tables are read before the processes: a socket whose holder is gone is about to
    /// go too, and what stands of it keeps its owner. Only one that is there in the next sample as well has lost it.
    var ghosts: Set<Int32> = []
    /// Descriptors that the last sample found closed while their sockets stood in the tables; the same holds for them.
    var doubts: Set<Doubt> = []
    /// Processes that have more or fewer descriptors than when they were asked last: sockets may have been handed over.
    var stirred: Set<Int32> = []
    var pids: [Int32] = []
    var bootedAt = Timestamp(milliseconds: 0)
    var isFirst: Bool { sample == 1 }
    /// The number of the sample at hand, from 1.
    var sample = 0

    /// Sockets of the sample at hand whose holders are looked for.
    var wanted: Set<UInt64> = []
    /// Sockets whose holders are others than the history knows.
    var dirty: Set<UInt64> = []

    /// How many processes, and how many shared sockets, are asked in a sample whether they are what they were.
    static let asked = 256

    /// A descriptor that was found closed.
    struct Doubt: Hashable {
        var pid: Int32
        var inode: UInt64
    }

    /// An attributor that knows nothing yet: its first sample looks through every process.
    init(_ proc: ProcFS) { self.proc = proc }

    /// Says of every new socket who owns it, and of every other whose owners have changed.
    ///
    /// - Parameter bootedAt: The wall clock less CLOCK_BOOTTIME.
    /// - Returns: How many processes could not be looked into, as far as they can be seen; at least 1 when some are hidden.
    mutating func attribute(
        _ changes: inout SampleChanges, _ snapshots: [Snapshot], _ history: HistoryWriter, bootedAt: Timestamp
    ) -> Int {
        self.bootedAt = bootedAt
        sample += 1
        if isFirst {
            let sockets = snapshots.reduce(0) { $0 + $1.rows.count { $0.inode != 0 } }
            holders.reserve(sockets)
            wanted.reserveCapacity(sockets)
        }
        release(changes, history)
        want(changes, snapshots)
        followProcesses()
        verify(snapshots)
        if !wanted.isEmpty { askFreedDescriptors() }
        if !wanted.isEmpty { listProcesses(of: snapshots.reduce(0) { $0 + $1.rows.count }) }
        noteUnresolved()
        assign(&changes, snapshots, history)
        // With hidepid=2 there is nothing to count, and yet something is missing.
        return max(processes.values.count(where: \.isDenied), proc.hidesProcesses() ? 1 : 0)
    }

    /// What ``attribute(_:_:_:bootedAt:)`` said is in the history. Until then it is said again: a sample may be lost.
    mutating func settled() { dirty = [] }

    // MARK: - What is asked

    /// Forgets the sockets that are gone, and remembers which descriptors they leave free.
    private mutating func release(_ changes: SampleChanges, _ history: HistoryWriter) {
        history.forEachEnding(changes) { inode in
            unresolved[inode] = nil
            for descriptor in holders.remove(inode) { processes[descriptor.pid]?.free(descriptor.number) }
        }
    }

    private mutating func want(_ changes: SampleChanges, _ snapshots: [Snapshot]) {
        if isFirst {
            for snapshot in snapshots {
                for row in snapshot.rows where row.inode != 0 { wanted.insert(row.inode) }
            }
            return
        }
        for change in changes.changed {
            let inode = snapshots[Int(change.snapshot)].rows[Int(change.row)].inode
            if inode != 0, !holders.isHeld(inode) { wanted.insert(inode) }
        }
        for (inode, since) in unresolved where isSearchDue(since) { wanted.insert(inode) }
    }

    // MARK: - The answer

    private mutating func assign(_ changes: inout SampleChanges, _ snapshots: [Snapshot], _ history: HistoryWriter) {
        var cache: [[Int32]: Int32] = [:]
        for index in changes.changed.indices {
            let change = changes.changed[index]
            let inode = snapshots[Int(change.snapshot)].rows[Int(change.row)].inode
            if inode == 0 { continue }
            changes.setOwnership(ownership(of: inode, &changes, &cache), ofChange: index)
        }
        if dirty.isEmpty, !isFirst { return }
        var reassigned: [(OpenSocketID, UInt64)] = []
        history.forEachUnchanged(changes) { id, inode in
            if isFirst || dirty.contains(inode) { reassigned.append((id, inode)) }
        }
        for (id, inode) in reassigned { changes.reassign(id, to: ownership(of: inode, &changes, &cache)) }
    }

    private func ownership(of inode: UInt64, _ changes: inout SampleChanges, _ cache: inout [[Int32]: Int32]) -> Int32 {
        let pids = holders.descriptors(of: inode).map(\.pid).sorted()
        if pids.isEmpty { return 0 }
        if let known = cache[pids] { return known }
        let owners = pids.compactMap { processes[$0]?.owner }
        let index = changes.add(Ownership(owners: owners, attribution: .observed))
        cache[pids] = index
        return index
    }
}
