import Glibc

/// The system calls of a socket, with errors instead of return values. It does not own its descriptor.
struct Socket {
    /// The descriptor.
    let descriptor: Int32

    /// What may be asked of a socket before it is bound.
    struct Options {
        var reuseAddress = false
        var reusePort = false
        /// `nil`: what the namespace's `bindv6only` says.
        var v6Only: Bool?
        /// IP_BIND_ADDRESS_NO_PORT: bind(ip, 0) leaves the choice of the port to connect().
        var bindAddressNoPort = false
        var nonblocking = false
    }

    /// Opens a TCP (`SOCK_STREAM`) or UDP (`SOCK_DGRAM`) socket that is closed on exec.
    static func open(_ type: __socket_type, _ family: Int32, _ options: Options = Options()) throws -> Socket {
        var flags = Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        if options.nonblocking { flags |= Int32(SOCK_NONBLOCK.rawValue) }
        let descriptor = Glibc.socket(family, flags, 0)
        guard descriptor >= 0 else { throw SocketFailure("socket") }
        let socket = Socket(descriptor: descriptor)
        do {
            if options.reuseAddress { try socket.set(SOL_SOCKET, SO_REUSEADDR, 1) }
            if options.reusePort { try socket.set(SOL_SOCKET, SO_REUSEPORT, 1) }
            if let only = options.v6Only { try socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, only ? 1 : 0) }
            if options.bindAddressNoPort { try socket.set(Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1) }
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    func bind(_ address: SocketAddress) throws {
        guard address.withPointer({ Glibc.bind(descriptor, $0, $1) }) == 0 else { throw SocketFailure("bind") }
    }

    func listen(backlog: Int32) throws {
        guard Glibc.listen(descriptor, backlog) == 0 else { throw SocketFailure("listen") }
    }

    /// Connects; a nonblocking socket that has only begun to is no failure.
    func connect(_ address: SocketAddress) throws {
        guard address.withPointer({ Glibc.connect(descriptor, $0, $1) }) == 0 || errno == EINPROGRESS else {
            throw SocketFailure("connect")
        }
    }

    /// The next connection of a listener.
    func accept() throws -> Socket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw SocketFailure("accept") }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return Socket(descriptor: accepted)
    }

    func shutdownWriting() throws {
        guard Glibc.shutdown(descriptor, Int32(SHUT_WR)) == 0 else { throw SocketFailure("shutdown") }
    }

    /// True: close() resets the connection, and no TIME_WAIT is left. False: it ends in the orderly way.
    func resetOnClose(_ reset: Bool) {
        var value = linger(l_onoff: reset ? 1 : 0, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    func setNonblocking() {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws {
        var value = value
        guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SocketFailure("setsockopt")
        }
    }
}
