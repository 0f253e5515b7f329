import Glibc
import PortModel

extension HostProbe {
    /// The address that the kernel would give to a connection: the source of the route. Asked of a UDP socket, whose connect(2) looks
    /// the route up and sends nothing. `nil` where there is no route.
    public func sourceAddress(towards destination: IPAddress) -> IPAddress? {
        withDatagramSocket(destination) { descriptor in
            guard Self.connect(descriptor, to: destination) == 0 else { return nil }
            return SocketAddress(of: descriptor)?.address
        }
    }

    /// The number of a network interface by its name; `nil` where there is none.
    public func interface(named name: String) -> UInt32? {
        let number = if_nametoindex(name)
        return number == 0 ? nil : number
    }
}
