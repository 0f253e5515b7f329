import PortModel

/// A socket in one state with one owner, from the first to the last sample that saw it so.
///
/// A socket that changes its state or its owner has several intervals, one after the other; ``socketFirst`` is the same in all.
public struct SocketInterval: Hashable, Sendable {
    /// The number of the namespace; ``HistoryView/namespaceName(_:)`` has its name.
    public var namespace: Int
    /// The kernel's table.
    public var table: SocketTable
    /// The state.
    public var state: SocketState
    /// Which side of a connection it is.
    public var role: ConnectionRole
    /// The local address and port.
    public var local: Endpoint
    /// The peer; ``PortModel/Endpoint/isNone`` without one.
    public var remote: Endpoint
    /// The inode; 0 where the kernel printed none.
    public var inode: UInt64
    /// The number of its holder; ``HistoryView/holder(_:)`` has user and owners.
    public var holder: Int
    /// The first sample that saw the socket in this state with this owner.
    public var first: Int
    /// The last such sample; the newest sample while the interval is open.
    public var last: Int
    /// The first sample that saw the socket in any state.
    public var socketFirst: Int
    /// True while the newest sample sees the socket so.
    public var isOpen: Bool
    /// Hundredths of a second that a TIME_WAIT had lasted at sample ``first``; 0 in every other state.
    public var timeWaitAge: Int
    /// `flow.id`.
    var flow = 0
    /// Whether the socket went on in another interval.
    var isContinued = false

    /// An interval of its properties.
    public init(
        namespace: Int = 0, table: SocketTable, state: SocketState, role: ConnectionRole = .none, local: Endpoint,
        remote: Endpoint, inode: UInt64 = 0, holder: Int = 0, first: Int, last: Int, socketFirst: Int? = nil,
        isOpen: Bool = false, timeWaitAge: Int = 0
    ) {
        self.namespace = namespace
        self.table = table
        self.state = state
        self.role = role
        self.local = local
        self.remote = remote
        self.inode = inode
        self.holder = holder
        self.first = first
        self.last = last
        self.socketFirst = socketFirst ?? first
        self.isOpen = isOpen
        self.timeWaitAge = timeWaitAge
    }

    /// True for a socket that takes new peers: a TCP listener or a UDP socket without a peer.
    public var isListener: Bool { state == (table.transport == .tcp ? .listen : .close) }
}

/// Who held a socket: its user and its owners.
public struct Holder: Hashable, Sendable {
    /// The user; `nil` where the kernel printed no inode, and so no user either.
    public var uid: UInt32?
    /// The processes, and how they are known.
    public var ownership: Ownership

    /// A holder of a user and an ownership.
    public init(uid: UInt32?, ownership: Ownership) {
        self.uid = uid
        self.ownership = ownership
    }
}
