/// Which processes hold which sockets, through which descriptors: what the attributor knows between two samples.
///
/// Nearly every socket has one holder, so that one is kept in a flat table (16 bytes a socket); only the sockets of forked workers
/// have more.
struct SocketHolders {
    /// A descriptor of a process.
    struct Descriptor: Hashable {
        var pid: Int32
        var number: Int32
    }

    private var first: [UInt64: Descriptor] = [:]
    private var others: [UInt64: [Descriptor]] = [:]

    /// Inodes with more than one holder.
    var shared: Dictionary<UInt64, [Descriptor]>.Keys { others.keys }

    /// How many sockets are held.
    var count: Int { first.count }

    /// Makes room for as many sockets as a host has.
    mutating func reserve(_ sockets: Int) {
        if first.isEmpty { first.reserveCapacity(sockets) }
    }

    /// Whether anybody is known to hold the socket.
    func isHeld(_ inode: UInt64) -> Bool { first[inode] != nil }

    /// The descriptors that refer to a socket, the one that was found first before the others.
    func descriptors(of inode: UInt64) -> [Descriptor] {
        guard let first = first[inode] else { return [] }
        return [first] + (others[inode] ?? [])
    }

    /// The same without an array.
    func forEachDescriptor(of inode: UInt64, _ body: (Descriptor) -> Void) {
        guard let holder = first[inode] else { return }
        body(holder)
        others[inode]?.forEach(body)
    }

    /// Adds a descriptor of a socket; one a process is enough. True if it was not known that the process holds it.
    mutating func add(_ descriptor: Descriptor, of inode: UInt64) -> Bool {
        guard let holder = first[inode] else {
            first[inode] = descriptor
            return true
        }
        if holder.pid == descriptor.pid || others[inode]?.contains(where: { $0.pid == descriptor.pid }) == true {
            return false
        }
        others[inode, default: []].append(descriptor)
        return true
    }

    /// Forgets that a process holds a socket; false if it was not known to.
    mutating func remove(_ pid: Int32, from inode: UInt64) -> Bool {
        let all = descriptors(of: inode)
        let rest = all.filter { $0.pid != pid }
        if rest.count == all.count { return false }
        first[inode] = rest.first
        others[inode] = rest.count > 1 ? Array(rest.dropFirst()) : nil
        return true
    }

    /// Forgets a socket, and says who held it.
    mutating func remove(_ inode: UInt64) -> [Descriptor] {
        let descriptors = descriptors(of: inode)
        if !descriptors.isEmpty {
            first[inode] = nil
            others[inode] = nil
        }
        return descriptors
    }

    /// The sockets that some processes hold; a pass over all of them.
    func inodes(of pids: Set<Int32>) -> [UInt64] {
        if pids.isEmpty { return [] }
        var inodes = first.lazy.filter { pids.contains($0.value.pid) }.map(\.key) as [UInt64]
        for (inode, descriptors) in others where descriptors.contains(where: { pids.contains($0.pid) }) {
            inodes.append(inode)
        }
        return inodes
    }
}
