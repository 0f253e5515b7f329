import PortModel

/// A socket as sock_diag tells of it: the row that /proc gives, and what /proc does not show.
public struct DiagSocket: Hashable, Sendable {
    /// The lengths of a listener's accept queue (`sk_ack_backlog`, `sk_max_ack_backlog`).
    public struct Backlog: Hashable, Sendable {
        /// Connections that wait to be accepted.
        public var length: UInt32
        /// What listen(2) was given, at most `net.core.somaxconn`. One connection more than that fits in.
        public var limit: UInt32

        /// A queue.
        public init(length: UInt32, limit: UInt32) {
            self.length = length
            self.limit = limit
        }
    }

    /// Options of a socket that INET_DIAG_SOCKOPT tells of; Linux 5.10. SO_REUSEADDR and SO_REUSEPORT are not among them.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits.
        public var rawValue: UInt8

        /// Options of their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// IP_FREEBIND: bind() takes addresses that are not local.
        public static let freeBind = Flags(rawValue: 1)
        /// IP_TRANSPARENT: the same, for proxies.
        public static let transparent = Flags(rawValue: 2)
        /// IP_BIND_ADDRESS_NO_PORT: bind() with port 0 has left the choice of the port to connect().
        public static let bindAddressNoPort = Flags(rawValue: 4)
    }

    /// The row that /proc shows of this socket, with its conventions. Only the user of a half-open connection differs: /proc
    /// prints the listener's, sock_diag 0. Of a socket that is bound and no more it is what /proc would show if it did: `close`,
    /// without a peer.
    public var row: SocketRow
    /// What tells sockets apart for as long as the host is up, TIME_WAIT and half-open ones too (`sock_gen_cookie`).
    public var cookie: UInt64
    /// The index of the device that the socket is bound to, in its own network namespace (`sk_bound_dev_if`); 0: none.
    public var interface: UInt32
    /// IPV6_V6ONLY. The kernel tells it of IPv6 sockets without a peer: TCP listeners and bound ones, unconnected UDP; `nil` of all
    /// others.
    public var v6Only: Bool?
    /// The accept queue; `nil` of everything but a TCP listener.
    public var backlog: Backlog?
    /// Options; `nil` where the kernel does not tell: TIME_WAIT and half-open connections, kernels before 5.10.
    public var flags: Flags?

    /// True for a TCP socket that is bound, and neither listens nor is connected. /proc does not show it; the kernel tells of it since
    /// Linux 6.8 (the pseudo-state TCP_BOUND_INACTIVE).
    public var isBoundOnly: Bool { row.table.transport == .tcp && row.state == .close }

    /// A socket of its parts.
    public init(
        row: SocketRow, cookie: UInt64 = 0, interface: UInt32 = 0, v6Only: Bool? = nil, backlog: Backlog? = nil,
        flags: Flags? = nil
    ) {
        self.row = row
        self.cookie = cookie
        self.interface = interface
        self.v6Only = v6Only
        self.backlog = backlog
        self.flags = flags
    }
}
