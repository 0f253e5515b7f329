import PortHistory
import PortModel

/// The TCP listeners of a time: which of them accepted a connection.
struct ListeningServices {
    private struct Port: Hashable {
        var namespace: Int
        var number: UInt16
    }

    private var ports: [Port: [IPAddress: OwnerTally]] = [:]

    /// No listeners yet.
    init() {}

    /// Adds a listener.
    mutating func insert(_ listener: SocketInterval, end: Int) {
        let port = Port(namespace: listener.namespace, number: listener.local.port)
        ports[port, default: [:]][listener.local.address, default: OwnerTally()].add(
            holder: listener.holder, isAtEnd: listener.last >= end)
    }

    /// What the listener is bound to that accepts connections to an address and port: that address before a wildcard, the
    /// wildcard of its family before the other, as the kernel scores them (`compute_score` in net/ipv4/inet_hashtables.c).
    /// `nil` where no listener covers it.
    func address(_ namespace: Int, _ address: IPAddress, _ port: UInt16) -> IPAddress? {
        guard let listeners = ports[Port(namespace: namespace, number: port)] else { return nil }
        return [address, .anyIPv4, .anyIPv6].first { listeners[$0] != nil && $0.covers(address) }
    }

    /// Who listens, or listened, on a port of an address.
    func owners(_ namespace: Int, _ address: IPAddress, _ port: UInt16) -> OwnerTally? {
        ports[Port(namespace: namespace, number: port)]?[address]
    }
}
