import ProcFS

/// How the processes that hold new sockets are found.
extension SocketAttributor {
    /// How many descriptors are listed in a sample to find new sockets, besides one for every fiftieth socket of the host: some 2 %
    /// of what reading the tables costs.
    private static let listedForNew = 2000
    /// How many free numbers in a row end the search: sockets that were open for a moment leave that many behind.
    private static let gap = 64
    /// A socket that nobody seems to hold is looked for in two samples, then now and then, and after a while seldom: the descriptor may
    /// be on its way from one process to another.
    private static let (often, seldom) = (8, 64)

    /// Whether a socket that nobody seems to hold is to be looked for again. All of them are together: what costs is to list every
    /// process.
    ///
    /// - Parameter since: the sample in which it was not found for the first time.
    func isSearchDue(_ since: Int) -> Bool {
        let age = sample - since
        return age < 2 || sample.isMultiple(of: age < Self.seldom ? Self.often : Self.seldom)
    }

    /// Asks the descriptors that new sockets are likely to have been given.
    mutating func askFreedDescriptors() {
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
    mutating func listProcesses(of sockets: Int) {
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

    /// Remembers what was not found.
    mutating func noteUnresolved() {
        for inode in wanted where unresolved[inode] == nil { unresolved[inode] = sample }
        wanted = []
    }
}
