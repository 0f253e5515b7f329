/// One row of one of the kernel's socket tables, as it was read. 56 bytes, no references: a snapshot is an array of them.
public struct SocketRow: Hashable, Sendable {
    /// The local address and port. A socket that is not bound has port 0, and never stands in the tables.
    public var local: Endpoint
    /// The peer; ``Endpoint/isNone`` for listeners and unconnected UDP sockets.
    public var remote: Endpoint
    /// The socket's inode in sockfs; 0 where the kernel prints none: TIME_WAIT, orphans, the accept queue, half-open.
    public var inode: UInt64
    /// The user of the socket. It means something only next to an inode: without one the kernel prints 0, and the listener's user in
    /// half-open rows.
    public var uid: UInt32
    /// Hundredths of a second (USER_HZ) that remain of a TIME_WAIT's 60 seconds, or of an orphaned FIN_WAIT_2's tcp_fin_timeout: the
    /// `tm->when` column of timer 03. 0 in all other rows. It falls by itself, so that two readings of one socket differ in it.
    public var timerTicks: UInt32
    /// The table that the row stands in.
    public var table: SocketTable
    /// The state.
    public var state: SocketState

    /// A row of its columns.
    @inlinable
    public init(
        table: SocketTable, state: SocketState, local: Endpoint, remote: Endpoint, uid: UInt32 = 0, inode: UInt64 = 0,
        timerTicks: UInt32 = 0
    ) {
        self.table = table
        self.state = state
        self.local = local
        self.remote = remote
        self.uid = uid
        self.inode = inode
        self.timerTicks = timerTicks
    }

    /// True for a socket that takes new peers: a TCP listener or a UDP socket without a peer.
    @inlinable public var isListener: Bool {
        state == (table.transport == .tcp ? .listen : .close)
    }

    /// True for a TCP socket that the kernel finds by its four-tuple: every state but LISTEN and CLOSE.
    @inlinable public var isConnectedTCP: Bool {
        table.transport == .tcp && state != .listen && state != .close
    }
}
