import PortHistory
import PortModel

/// Counts accepted connections by port, address and process.
struct WorkerCounts {
    private struct Place: Hashable {
        var namespace: Int
        var local: Endpoint
    }

    /// Connections by holder, of each local address and port.
    private var counts: [Place: [Int: Int]] = [:]

    /// Counts a connection that was accepted and is held by a descriptor, and nothing else.
    mutating func insert(_ interval: SocketInterval) {
        guard interval.role == .accepted, interval.table.transport == .tcp, interval.inode != 0 else { return }
        counts[Place(namespace: interval.namespace, local: interval.local), default: [:]][
            interval.holder, default: 0] += 1
    }

    /// The processes of a listener with the connections on its address and port, the busiest first. A connection that several
    /// processes hold counts for each.
    func workers(
        of listener: SocketInterval, _ holder: (Int) throws -> Holder
    ) rethrows -> [WorkerDocument] {
        if listener.table.transport == .udp { return [] }
        var workers = Workers()
        for owner in try holder(listener.holder).ownership.owners {
            workers.add(owner, listener.holder, connections: 0)
        }
        if workers.isEmpty { return [] }
        for (place, holders) in counts
        where place.namespace == listener.namespace && place.local.port == listener.local.port
            && listener.local.address.overlaps(place.local.address)
        {
            for (number, count) in holders {
                for owner in try holder(number).ownership.owners where workers.contains(owner) {
                    workers.add(owner, number, connections: count)
                }
            }
        }
        return workers.busiestFirst
    }
}
