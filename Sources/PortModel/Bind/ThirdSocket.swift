/// A socket with SO_REUSEPORT as it was bound: it may have let another one pass over what was in that one's way.
///
/// - TCP: the kernel remembers address and user of a port's socket that was bound with SO_REUSEPORT, and lets one like it pass without a
///   look at the others (`sk_reuseport_match` in net/ipv4/inet_connection_sock.c). That lasts while any socket is on the port, and until
///   one without SO_REUSEPORT is bound or begins to listen. So the listener of a connection may have left it, whoever accepted that.
/// - UDP: of the sockets in the way the first one decides (`udp_lib_lport_inuse` in net/ipv4/udp.c), and the newest stand first, IPv6 ones
///   with SO_REUSEPORT last.
struct ThirdSocket {
    private var socket: BoundSocket
    private var options: BindOptions
    /// What it was bound to.
    private var address: IPAddress

    /// What a socket may have been when it was bound: one for each address that it may have asked for, and none where it has no
    /// SO_REUSEPORT or is another user's.
    ///
    /// - Parameter user: of the one that passes; `nil` for anybody.
    static func all(from socket: BoundSocket, _ options: BindOptions, for user: UInt32?) -> [ThirdSocket] {
        // What waits to be accepted is of a listener that is there.
        guard options.reusePort, !socket.isQueued else { return [] }
        let isAnybodys = socket.isTimeWait || socket.isConnected || socket.uid == nil
        guard isAnybodys || user == nil || socket.uid == user else { return [] }
        return socket.boundAddresses.map { ThirdSocket(socket: socket, options: options, address: $0) }
    }

    /// TCP: whether the kernel takes one that asks for an address for its like.
    func isRemembered(for asked: IPAddress, isV6Only: Bool) -> Bool {
        AddressOverlap.isRemembered(
            address, socket.row.table.family, v6Only: options.isV6Only, asked, v6Only: isV6Only)
    }

    /// UDP: whether bind() to an address meets it before another socket.
    func isMet(
        by asked: IPAddress, isV6Only: Bool, before other: BoundSocket, _ otherOptions: BindOptions
    ) -> Bool {
        (socket.row.table == .udp || other.row.table == .udp6 && otherOptions.reusePort)
            && AddressOverlap.between(address, v6Only: options.isV6Only, asked, v6Only: isV6Only) == .yes
    }

    /// Whether it could be bound while another one was there, or that one was accepted later.
    ///
    /// - Parameter user: of the one that passes, so also whose it is; `nil` where SO_REUSEPORT of both does not count.
    func stands(beside other: BoundSocket, _ otherOptions: BindOptions, user: UInt32?) -> Bool {
        if !otherOptions.isOnInterface { return true }
        let overlap = AddressOverlap.between(
            address, v6Only: options.isV6Only, other.row.local.address, v6Only: otherOptions.isV6Only)
        if overlap == .no { return true }
        if options.reuseAddress && otherOptions.reuseAddress && !other.isListening { return true }
        if !otherOptions.reusePort { return false }
        // Who accepts is often another user than who listens.
        return other.isConnected || user != nil && (other.uid == nil || other.uid == user)
    }
}

extension BoundSocket {
    /// What it may have been bound to: a connection has got another address than the wildcard since.
    var boundAddresses: [IPAddress] {
        let isNarrowed = isConnected || row.table.transport == .udp && row.remote.port != 0
        if !isNarrowed { return [row.local.address] }
        let isMapped = row.table.family == .ipv6 && row.local.address.isIPv4
        return [row.local.address, wildcard] + (isMapped ? [.anyIPv6] : [])
    }
}
