/// A socket that stands on a port, as far as a later bind() cares: what the tables show of it, and what is known of the options that
/// they do not show.
public struct BoundSocket: Hashable, Sendable {
    /// Its row.
    public var row: SocketRow
    /// Which side of a connection it is.
    public var role: ConnectionRole
    /// The user that the kernel compares: that of the inode; `nil` where neither the row nor the history says who it was.
    public var uid: UInt32?
    /// SO_REUSEADDR; `nil`: not known.
    public var reuseAddress: Bool?
    /// SO_REUSEPORT; `nil`: not known.
    public var reusePort: Bool?
    /// IPV6_V6ONLY; `nil`: not known. False for every IPv4 address; true for what is bound to one IPv6 address, whatever its program
    /// asked for (`__inet6_bind` in net/ipv6/af_inet6.c). A connection may have been bound to `::`, or to nothing.
    public var isV6Only: Bool?
    /// SO_BINDTODEVICE: the number of the interface, 0 for none; `nil`: not known.
    public var interface: UInt32?
    /// The first sample that saw it; `nil`: none has.
    public var since: Int?

    /// A socket of a row, with nothing known but what stands there.
    public init(_ row: SocketRow, role: ConnectionRole, uid: UInt32? = nil, since: Int? = nil) {
        self.row = row
        self.role = role
        self.uid = uid ?? (row.inode == 0 ? nil : row.uid)
        self.since = since
        if row.local.address.isIPv4 {
            isV6Only = false
        } else if row.local.address != .anyIPv6, row.state == .listen || row.state == .close {
            isV6Only = true
        }
    }

    /// TCP: LISTEN.
    public var isListening: Bool { row.state == .listen }

    /// TIME_WAIT, or the mini-socket that stands for an orphan in FIN_WAIT_2 (`tcp_time_wait` in net/ipv4/tcp_minisocks.c), which for
    /// bind() is the same. It has no descriptor.
    public var isTimeWait: Bool {
        row.state == .timeWait || (row.state == .finWait2 && row.inode == 0 && row.timerTicks > 0)
    }

    /// A request for a connection: it is in no bind hash, and its listener has the port.
    public var isHalfOpen: Bool { row.state == .synReceived && row.inode == 0 }

    /// It waits to be accepted: so its listener is there.
    var isQueued: Bool { row.inode == 0 && (row.state == .established || row.state == .closeWait) }

    /// It has no descriptor by which anybody could ask for its options: TIME_WAIT, orphans, the accept queue.
    public var hasNoDescriptor: Bool { row.inode == 0 }

    /// The wildcard that a connection may have been bound to.
    var wildcard: IPAddress { row.local.address.isIPv4 ? .anyIPv4 : .anyIPv6 }

    /// A connection whose port the kernel or its program chose for connect(), and not a listener.
    var isConnected: Bool { row.isConnectedTCP }
}
