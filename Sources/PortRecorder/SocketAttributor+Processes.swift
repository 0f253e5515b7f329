import PortModel
import ProcFS

/// Which processes there are, who they are, and what they are known to hold.
extension SocketAttributor {
    /// How many processes without sockets are asked in a sample whether they are still the same ones.
    private static let askedIdle = 64
    /// Of how many processes with sockets a sample reads anew who they are, besides those that are young.
    private static let renewed = 32
    /// For how many samples a process is young after it was seen first, or got its first socket: it may be about to give up
    /// privileges, to move into its cgroup, or to become the program that it was started for.
    private static let young = 4
    /// A process that may not be looked into is tried again after so many samples: it may have changed its user.
    private static let deniedAgain = 64

    /// Looks through processes that are new, forgets those that are gone, notices those that became another program or changed
    /// their user, unit or container.
    mutating func followProcesses() {
        stirred = []
        guard (try? proc.pids(into: &pids)) != nil else { return }
        for pid in ghosts { forget(pid) }
        let alive = Set(pids)
        ghosts = Set(processes.keys).subtracting(alive)
        let counts = holders.count > Self.verified
        let turns = processes.values.count { $0.sockets > 0 } / Self.renewed + 1
        for pid in pids {
            guard let known = processes[pid] else {
                lookThrough(pid)
                continue
            }
            let isRenewed =
                known.sockets > 0
                && (sample - known.since < Self.young || (sample + Int(pid)).isMultiple(of: turns))
            guard isRenewed || isDue(known), let process = try? proc.process(pid), let stat = try? process.stat() else {
                continue
            }
            if stat.startTicks != known.owner.startTicks {
                forget(pid)
                lookThrough(pid)
            } else if stat.command != known.owner.command
                || known.isDenied && (sample + Int(pid)).isMultiple(of: Self.deniedAgain)
            {
                lookThrough(pid)
            } else if isRenewed, let owner = try? process.owner(bootTime: bootedAt) {
                know(owner)
            }
            if counts, known.sockets > 0, let count = try? process.descriptors().count {
                if let before = known.descriptors, count != before { stirred.insert(pid) }
                processes[pid]?.descriptors = count
            }
        }
    }

    /// Whether it is a process's turn to be asked who it is: all of them on most hosts, a part of them in each sample where there are
    /// very many, and a smaller part of those that hold nothing.
    private func isDue(_ process: TrackedProcess) -> Bool {
        let asked = process.sockets > 0 || process.isDenied ? Self.asked : Self.askedIdle
        return (sample + Int(process.owner.pid)).isMultiple(of: processes.count / asked + 1)
    }

    /// Takes a process in and all its sockets.
    mutating func lookThrough(_ pid: Int32) {
        do {
            let process = try proc.process(pid)
            know(try process.owner(bootTime: bootedAt))
            processes[pid]?.looked = sample
            try process.descriptors().forEachSocket { number, inode in
                take(SocketHolders.Descriptor(pid: pid, number: number), of: inode)
                return true
            }
            processes[pid]?.isDenied = false
        } catch .permissionDenied {
            let nobody = PortOwner(pid: pid, startTicks: 0, startedAt: bootedAt, command: "")
            processes[pid, default: TrackedProcess(owner: nobody, since: sample)].isDenied = true
        } catch {
            // It has ended meanwhile, or is about to: its sockets are looked for again while they stand.
        }
    }

    /// Puts down who a process is. Where that has changed, it is said anew of all its sockets.
    private mutating func know(_ owner: PortOwner) {
        if let known = processes[owner.pid], known.owner.startTicks != owner.startTicks { forget(owner.pid) }
        guard let known = processes[owner.pid] else {
            processes[owner.pid] = TrackedProcess(owner: owner, since: sample)
            return
        }
        var owner = owner
        owner.startedAt = known.owner.startedAt
        // A file that was replaced, as every package upgrade does, makes no other program of it.
        if let executable = known.owner.executable, owner.executable == executable + " (deleted)" {
            owner.executable = executable
        }
        if owner == known.owner { return }
        processes[owner.pid]?.owner = owner
        if known.sockets > 0 { dirty.formUnion(holders.inodes(of: [owner.pid])) }
    }

    /// Takes in that a process has a descriptor of a socket.
    mutating func take(_ descriptor: SocketHolders.Descriptor, of inode: UInt64) {
        let isNew = wanted.remove(inode) != nil
        let isWanted = unresolved.removeValue(forKey: inode) != nil || isNew
        // An inode that is neither wanted nor held is no TCP or UDP socket of these tables.
        guard isWanted || holders.isHeld(inode) else { return }
        let isAdded = holders.add(descriptor, of: inode)
        processes[descriptor.pid]?.took(descriptor.number, isNew: isAdded, in: sample)
        if isAdded, !isFirst { dirty.insert(inode) }
    }

    /// Forgets a process; what it held is looked for.
    mutating func forget(_ pid: Int32) {
        guard let process = processes.removeValue(forKey: pid), process.sockets > 0 else { return }
        for inode in holders.inodes(of: [pid]) { drop(pid, from: inode) }
    }

    /// A process does not hold a socket any more, and the socket is still there.
    mutating func drop(_ pid: Int32, from inode: UInt64) {
        guard holders.remove(pid, from: inode) else { return }
        processes[pid]?.sockets -= 1
        dirty.insert(inode)
        if !holders.isHeld(inode) { wanted.insert(inode) }
    }
}
