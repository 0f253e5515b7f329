import Glibc
import PortModel

extension HostProbe {
    /// Why no connection leads from an address of this host to a destination: the words of the error of connect(2), as
    /// "Invalid argument" from 127.0.0.1 to another host. `nil` where one does, or where bind(2) does not take the address.
    ///
    /// As for ``sourceAddress(towards:)``, a UDP socket has the route looked up. Addresses that mean something on one interface alone
    /// are not asked for: which one is not known.
    public func routeFailure(from source: IPAddress, to destination: IPAddress) -> String? {
        if source.isOfOneInterface || destination.isOfOneInterface { return nil }
        return withDatagramSocket(destination) { descriptor in
            guard SocketAddress(source, port: 0).pass(to: { bind(descriptor, $0, $1) }) == 0 else { return nil }
            return Self.connect(descriptor, to: destination) == 0 ? nil : String(cString: strerror(errno))
        }
    }

    /// Connects a UDP socket to the discard port.
    static func connect(_ descriptor: Int32, to destination: IPAddress) -> Int32 {
        SocketAddress(destination, port: 9).pass { Glibc.connect(descriptor, $0, $1) }
    }

    /// Has a UDP socket of an address's family for a moment; `nil` where there is none.
    func withDatagramSocket<Answer>(_ address: IPAddress, _ body: (Int32) -> Answer?) -> Answer? {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor)
    }
}
