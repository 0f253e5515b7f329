import PortModel

/// What is different between a sample and the one before it. Its size is that of the difference.
public struct SampleChanges: Sendable {
    /// A row that is new, or not as it was. 16 bytes: the first sample has one for every socket.
    public struct Change: Sendable {
        /// The row's index in its snapshot.
        public var row: Int32
        /// Where ``OpenSockets`` keeps the socket.
        var slot: Int32
        /// The index of its owners in ``SampleChanges/ownerships``, or ``inherited``.
        var ownership: Int32
        /// Which of the snapshots the row stands in.
        public var snapshot: Int16
        /// True when the socket was there before, in another state, with another user or inode.
        public var continues: Bool
        /// True when the inode is the one that the socket had before.
        var keepsInode = false

        /// Stands for the owners that the socket had before.
        static let inherited: Int32 = -1
    }

    /// Sockets whose rows are new or not as they were.
    public internal(set) var changed: [Change] = []
    /// Slots of the sockets that are gone.
    var closed: [Int32] = []
    /// Slots of sockets whose rows are as they were while their owners are not, with their new owners.
    var reassigned: [(slot: Int32, ownership: Int32)] = []
    /// The owners that the changes refer to by index; the first is ``PortModel/Ownership/unknown``.
    public private(set) var ownerships: [Ownership] = [.unknown]
    /// How many different sockets the sample has.
    public internal(set) var sockets = 0
    /// How many rows stood there twice.
    public internal(set) var repeated = 0

    /// Adds owners and gives their index.
    public mutating func add(_ ownership: Ownership) -> Int32 {
        if ownership.owners.isEmpty { return 0 }
        ownerships.append(ownership)
        return Int32(ownerships.count - 1)
    }

    /// Says who owns the socket of a change.
    public mutating func setOwnership(_ ownership: Int32, ofChange index: Int) {
        changed[index].ownership = ownership
    }

    /// Says that the owners of a socket have changed while its row has not.
    public mutating func reassign(_ socket: OpenSocketID, to ownership: Int32) {
        reassigned.append((socket.slot, ownership))
    }
}

/// Names a socket among those that stand open, until the next comparison.
public struct OpenSocketID: Hashable, Sendable {
    let slot: Int32
}
