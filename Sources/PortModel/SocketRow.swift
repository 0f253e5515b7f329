/// One row of one of the kernel's socket tables, as it was read. 56 bytes, no references: a snapshot is an array of them.
public struct SocketRow: Hashable, Sendable {
    /// The local address.
    @usableFromInline var localAddress: IPAddress
    /// The peer's address.
    @usableFromInline var remoteAddress: IPAddress
    /// The socket's inode in sockfs; 0 where the kernel prints none: TIME_WAIT, orphans, the accept queue, half-open.
    public var inode: UInt64
    /// The user of the socket. It means something only next to an inode: without one the kernel prints 0, and the listener's user in
    /// half-open rows.
    public var uid: UInt32
    /// Hundredths of a second (USER_HZ) that remain of a TIME_WAIT's 60 seconds, or of an orphaned FIN_WAIT_2's tcp_fin_timeout: the
    /// `tm->when` column of timer 03. 0 in all other rows. It falls by itself, so that two readings of one socket differ in it.
    public var timerTicks: UInt32
    /// The ports stand together: two endpoints in a row would leave 12 bytes unused.
    @usableFromInline var localPort: UInt16
    /// The peer's port.
    @usableFromInline var remotePort: UInt16
    /// The table that the row stands in.
    public var table: SocketTable
    /// The state.
    public var state: SocketState

    /// The local address and port. A socket that is not bound has port 0, and never stands in the tables.
    @inlinable public var local: Endpoint {
        get { Endpoint(localAddress, localPort) }
        set { (localAddress, localPort) = (newValue.address, newValue.port) }
    }

    /// The peer; ``Endpoint/isNone`` for listeners and unconnected UDP sockets.
    @inlinable public var remote: Endpoint {
        get { Endpoint(remoteAddress, remotePort) }
        set { (remoteAddress, remotePort) = (newValue.address, newValue.port) }
    }

    /// A row of its columns.
    @inlinable
    public init(
        table: SocketTable, state: SocketState, local: Endpoint, remote: Endpoint, uid: UInt32 = 0, inode: UInt64 = 0,
        timerTicks: UInt32 = 0
    ) {
        self.table = table
        self.state = state
        localAddress = local.address
        localPort = local.port
        remoteAddress = remote.address
        remotePort = remote.port
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
