import PortHistory
import PortModel

/// The TCP listeners of a namespace in the hour before a sample: which connections they can have accepted.
///
/// The history says "accepted" of every connection on a port on which a listener stood. A listener on another address has accepted nothing:
/// the kernel may have given its port to a connection, which takes it from no other destination once the listener has gone.
struct RecentListeners {
    private let start: Int
    private var addresses: [UInt16: Set<IPAddress>] = [:]

    /// Reads them.
    init(_ view: HistoryView, namespace: Int, before sample: SampleRecord) throws {
        let hour = try view.samples(since: sample.takenAt - PastListeners.memory, until: sample.takenAt)
        start = hour?.lowerBound ?? sample.number
        var addresses: [UInt16: Set<IPAddress>] = [:]
        try view.listeners(in: min(start, sample.number)...sample.number) { interval in
            if interval.namespace == namespace, interval.state == .listen {
                addresses[interval.local.port, default: []].insert(interval.local.address)
            }
        }
        self.addresses = addresses
    }

    /// Whether one of them can have accepted a connection with this local end.
    func covers(_ local: Endpoint) -> Bool {
        addresses[local.port]?.contains { $0.covers(local.address) } == true
    }

    /// The role of a connection that the history knows.
    func role(of interval: SocketInterval) -> ConnectionRole {
        // Who accepted one that is older is not known any more.
        guard interval.role == .accepted, interval.socketFirst >= start else { return interval.role }
        return covers(interval.local) ? .accepted : .outgoing
    }
}
