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
    private let proc: ProcFS
    private var processes: [Int32: TrackedProcess] = [:]
    private var holders = SocketHolders()
    /// Sockets that no visible process holds, and how often they were looked for.
    private var unresolved: [UInt64: Int] = [:]
    /// Processes that the last sample found gone. The tables are read before the processes: a socket whose holder is gone is about to
    /// go too, and what stands of it keeps its owner. Only one that is there in the next sample as well has lost it.
    private var ghosts: Set<Int32> = []
    /// Descriptors that the last sample found closed while their sockets stood in the tables; the same holds for them.
    private var doubts: Set<Doubt> = []
    private var pids: [Int32] = []
    private var bootedAt = Timestamp(milliseconds: 0)
    private var isFirst: Bool { sample == 1 }
    /// The number of the sample at hand, from 1.
    private var sample = 0

    /// Sockets of the sample at hand whose holders are looked for.
    private var wanted: Set<UInt64> = []
    /// Sockets whose holders are others than the history knows.
    private var dirty: Set<UInt64> = []

    /// A list of all processes is made this often for a socket that nobody seems to hold.
    private static let attempts = 2
    /// How many descriptors are listed in a sample to find new sockets, besides one for every fiftieth socket of the host: some 2 %
    /// of what reading the tables costs.
    private static let listedForNew = 2000
    /// How many processes, and how many shared sockets, are asked in a sample whether they are what they were.
    private static let asked = 256
    /// A process that may not be looked into is tried again after so many samples: it may have changed its user.
    private static let deniedAgain = 64
    /// How many free numbers in a row end the search: sockets that were open for a moment leave that many behind.
    private static let gap = 64

    private struct Doubt: Hashable {
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
        for (inode, attempts) in unresolved where attempts < Self.attempts { wanted.insert(inode) }
    }

    // MARK: - Processes

    /// Looks through processes that are new, forgets those that are gone, notices those that became another program.
    private mutating func followProcesses() {
        guard (try? proc.pids(into: &pids)) != nil else { return }
        for pid in ghosts { forget(pid) }
        let alive = Set(pids)
        ghosts = Set(processes.keys).subtracting(alive)
        for pid in pids {
            guard let known = processes[pid] else {
                lookThrough(pid)
                continue
            }
            guard isDue(known), let stat = try? proc.process(pid).stat() else { continue }
            if stat.startTicks != known.owner.startTicks {
                forget(pid)
                lookThrough(pid)
            } else if stat.command != known.owner.command {
                dirty.formUnion(holders.inodes(of: pid))
                lookThrough(pid)
            } else if known.isDenied, (sample + Int(pid)).isMultiple(of: Self.deniedAgain) {
                lookThrough(pid)
            }
        }
    }

    /// Whether it is a process's turn to be asked who it is: all of them on most hosts, a part of them in each sample where there are
    /// very many.
    private func isDue(_ process: TrackedProcess) -> Bool {
        guard process.sockets > 0 || process.isDenied else { return false }
        return (sample + Int(process.owner.pid)).isMultiple(of: processes.count / Self.asked + 1)
    }

    /// Takes a process in and all its sockets.
    private mutating func lookThrough(_ pid: Int32) {
        do {
            let process = try proc.process(pid)
            let owner = try process.owner(bootTime: bootedAt)
            if let known = processes[pid], known.owner.startTicks != owner.startTicks { forget(pid) }
            processes[pid, default: TrackedProcess(owner: owner)].owner = owner
            processes[pid]?.looked = sample
            try process.descriptors().forEachSocket { number, inode in
                take(SocketHolders.Descriptor(pid: pid, number: number), of: inode)
                return true
            }
            processes[pid]?.isDenied = false
        } catch .permissionDenied {
            let nobody = PortOwner(pid: pid, startTicks: 0, startedAt: bootedAt, command: "")
            processes[pid, default: TrackedProcess(owner: nobody)].isDenied = true
        } catch {
            // It has ended meanwhile, or is about to: its sockets are looked for again while they stand.
        }
    }

    private mutating func take(_ descriptor: SocketHolders.Descriptor, of inode: UInt64) {
        let isNew = wanted.remove(inode) != nil
        let isWanted = unresolved.removeValue(forKey: inode) != nil || isNew
        // An inode that is neither wanted nor held is no TCP or UDP socket of these tables.
        guard isWanted || holders.isHeld(inode) else { return }
        let isAdded = holders.add(descriptor, of: inode)
        processes[descriptor.pid]?.took(descriptor.number, isNew: isAdded, in: sample)
        if isAdded, !isFirst { dirty.insert(inode) }
    }

    private mutating func forget(_ pid: Int32) {
        guard let process = processes.removeValue(forKey: pid), process.sockets > 0 else { return }
        for inode in holders.inodes(of: pid) { drop(pid, from: inode) }
    }

    private mutating func drop(_ pid: Int32, from inode: UInt64) {
        guard holders.remove(pid, from: inode) else { return }
        processes[pid]?.sockets -= 1
        dirty.insert(inode)
        if !holders.isHeld(inode) { wanted.insert(inode) }
    }

    /// Asks whether the holders of listeners and of shared sockets still hold them: these sockets outlive their holders.
    private mutating func verify(_ snapshots: [Snapshot]) {
        if isFirst { return }
        var questions: [Int32: [(number: Int32, inode: UInt64)]] = [:]
        func ask(_ inode: UInt64) {
            for descriptor in holders.descriptors(of: inode) {
                questions[descriptor.pid, default: []].append((descriptor.number, inode))
            }
        }
        // Forked children can share thousands of connections: then it is a part of them in each sample.
        let turns = UInt64(holders.shared.count / Self.asked + 1)
        for inode in holders.shared where (inode &+ UInt64(sample)).isMultiple(of: turns) { ask(inode) }
        for doubt in doubts { ask(doubt.inode) }
        for snapshot in snapshots {
            for row in snapshot.rows where row.state == .listen { ask(row.inode) }
        }
        var doubtsNow: Set<Doubt> = []
        for (pid, questions) in questions {
            // What cannot be asked stays as it was.
            guard let descriptors = try? proc.descriptors(of: pid) else { continue }
            for (number, inode) in questions where descriptors.inode(of: number) != inode {
                let doubt = Doubt(pid: pid, inode: inode)
                if doubts.contains(doubt) { drop(pid, from: inode) } else { doubtsNow.insert(doubt) }
            }
        }
        doubts = doubtsNow
    }

    // MARK: - The search

    /// Asks the descriptors that new sockets are likely to have been given.
    private mutating func askFreedDescriptors() {
        let freed = processes.filter { !$0.value.freed.isEmpty }.sorted { $0.value.freed.count > $1.value.freed.count }
        let others = processes.filter { $0.value.sockets > 0 && $0.value.freed.isEmpty }
            .sorted { $0.value.active > $1.value.active }
        for (pid, _) in freed.prefix(Self.asked) + others.prefix(Self.asked / 4) {
            if wanted.isEmpty { return }
            ask(pid)
        }
    }

    private mutating func ask(_ pid: Int32) {
        guard let process = processes[pid], !process.isDenied, let handle = try? proc.process(pid),
            let stat = try? handle.stat(), stat.startTicks == process.owner.startTicks,
            let descriptors = try? handle.descriptors()
        else { return }
        var found: [(SocketHolders.Descriptor, UInt64)] = []
        let candidates = process.candidates()
        var gap = 0
        for number in candidates where gap < Self.gap && found.count < wanted.count {
            let target = descriptors.target(of: number)
            gap = target == .vanished ? gap + 1 : 0
            if let inode = target.inode, wanted.contains(inode) {
                found.append((.init(pid: pid, number: number), inode))
            }
        }
        var number = process.highest + 1
        gap = 0
        while gap < Self.gap, found.count < wanted.count {
            let target = descriptors.target(of: number)
            gap = target == .vanished ? gap + 1 : 0
            if let inode = target.inode, wanted.contains(inode) {
                found.append((.init(pid: pid, number: number), inode))
            }
            number += 1
        }
        for (descriptor, inode) in found { take(descriptor, of: inode) }
    }

    /// Lists the descriptors of processes, those with few sockets first, until every wanted socket is found.
    ///
    /// A socket that is new was often closed again since the tables were read, and no search would find it: for new ones only so
    /// many descriptors are listed. One that is still there in the next sample is looked for everywhere.
    private mutating func listProcesses(of sockets: Int) {
        let isThorough = wanted.contains { unresolved[$0] != nil }
        var left = isThorough ? Int.max : Self.listedForNew + sockets / 50
        let order = processes.filter { !$0.value.isDenied && $0.value.looked != sample }
            .sorted { $0.value.sockets < $1.value.sockets }
        for (pid, process) in order {
            left -= process.sockets + 1
            if wanted.isEmpty || left < 0 { return }
            lookThrough(pid)
        }
    }

    private mutating func noteUnresolved() {
        for inode in wanted { unresolved[inode, default: 0] += 1 }
        wanted = []
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
