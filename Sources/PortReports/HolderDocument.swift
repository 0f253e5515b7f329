import PortHistory
import PortModel

/// What documents say about who held a socket.
struct HolderDocument: Hashable, Sendable {
    /// The user; `nil` where the kernel printed no inode.
    var uid: UInt32?
    /// The processes.
    var owners: [OwnerDocument] = []
    /// How they are known.
    var attribution = Attribution.unknown
}

extension HolderDocument {
    /// The document of a holder.
    init(_ holder: Holder) {
        self.init(
            uid: holder.uid, owners: holder.ownership.owners.map(OwnerDocument.init),
            attribution: holder.ownership.attribution)
    }
}
