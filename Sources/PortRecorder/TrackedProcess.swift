import PortModel

/// A process as the attributor knows it.
struct TrackedProcess {
    /// A descriptor that has lost its socket, and which socket that was.
    struct FreedDescriptor {
        var number: Int32
        var inode: UInt64
    }

    /// Who it is.
    var owner: PortOwner
    /// How many sockets it holds.
    var sockets = 0
    /// The highest descriptor that was a socket; new ones beyond all known are looked for above it.
    var highest: Int32 = -1
    /// Descriptors that may have been given to new sockets: the kernel always takes the lowest that is free.
    var freed: [FreedDescriptor] = []
    /// The attributor's sample in which all its descriptors were listed last.
    var looked = 0
    /// Its descriptors may not be read.
    var isDenied = false

    /// A descriptor is a socket; `isNew` when the process was not known to hold it.
    mutating func took(_ number: Int32, isNew: Bool) {
        highest = max(highest, number)
        if isNew { sockets += 1 }
    }

    /// A descriptor lost its socket. Bounded: sockets that are not found this way are found by listing.
    mutating func free(_ number: Int32, _ inode: UInt64) {
        sockets = max(0, sockets - 1)
        if freed.count >= 4096 { freed.removeFirst(2048) }
        freed.append(FreedDescriptor(number: number, inode: inode))
    }
}
