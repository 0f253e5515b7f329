@testable import PortModel

/// Short ways to say sockets.
extension PortSpace.Socket {
    static func outgoing(
        _ port: UInt16, from local: String = "127.0.0.1", to remote: String = "127.0.0.1", _ remotePort: UInt16 = 80,
        state: SocketState = .established, since: Int = 0, timeWaitSince: Int64 = 0
    ) -> PortSpace.Socket {
        PortSpace.Socket(
            table: .tcp, state: state, role: .outgoing, local: endpoint(local, port),
            remote: endpoint(remote, remotePort), since: since, timeWaitSince: timeWaitSince)
    }

    static func accepted(_ port: UInt16, at local: String = "127.0.0.1", state: SocketState = .established)
        -> PortSpace.Socket
    {
        PortSpace.Socket(
            table: .tcp, state: state, role: .accepted, local: endpoint(local, port), remote: endpoint("127.0.0.9", 9))
    }

    static func listener(_ port: UInt16, at local: String = "127.0.0.1") -> PortSpace.Socket {
        PortSpace.Socket(
            table: local.contains(":") ? .tcp6 : .tcp, state: .listen, role: .none, local: endpoint(local, port),
            remote: Endpoint(.anyIPv4, 0))
    }

    static func udp(_ port: UInt16, at local: String = "127.0.0.1") -> PortSpace.Socket {
        PortSpace.Socket(
            table: .udp, state: .close, role: .none, local: endpoint(local, port), remote: Endpoint(.anyIPv4, 0))
    }
}

func endpoint(_ address: String, _ port: UInt16) -> Endpoint { Endpoint(IPAddress(address) ?? .anyIPv4, port) }

func destination(from local: String = "127.0.0.1", to remote: String = "127.0.0.1", _ port: UInt16 = 80) -> Destination
{
    Destination(local: IPAddress(local) ?? .anyIPv4, remote: IPAddress(remote) ?? .anyIPv4, remotePort: port)
}

extension PortLimits {
    /// Limits of a range, as on the kernel that kernel-rules were measured on.
    static func range(_ first: UInt16, _ last: UInt16, kernel: String = "6.18.0") -> PortLimits {
        var limits = PortLimits()
        limits.range = PortRange(first: first, last: last)
        limits.kernelRelease = kernel
        return limits
    }
}

extension PortSpace {
    /// One round.
    @discardableResult
    mutating func round(_ inserted: [Socket] = [], removing removed: [Place] = [], at now: Int64 = 0) -> [Place] {
        let places = inserted.map { insert($0) }
        judgeNewcomers()
        for place in removed { remove(place) }
        finish(at: now)
        return places
    }
}
