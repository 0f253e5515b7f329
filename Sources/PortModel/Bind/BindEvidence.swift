/// What sockets prove of each other's options by standing on one port together, where no reasoning over all of them is needed:
/// ``BindWorlds`` does that.
public enum BindEvidence {
    /// Fills in what is proven.
    ///
    /// - Parameter sockets: all sockets of one protocol on one port of one namespace.
    public static func apply(to sockets: inout [BoundSocket]) {
        if sockets.count < 2 { return }
        proveDualStack(&sockets)
        proveReusePort(&sockets)
        inherit(&sockets)
    }

    /// An IPv4 connection that waits to be accepted from an IPv6 socket's listener shows that `::` takes IPv4.
    private static func proveDualStack(_ sockets: inout [BoundSocket]) {
        let isServed = sockets.contains { $0.isQueued && $0.row.table == .tcp6 && $0.row.local.address.isIPv4 }
        let listeners = sockets.indices.filter { sockets[$0].isListening && sockets[$0].row.table == .tcp6 }
        guard isServed, listeners.count == 1, sockets[listeners[0]].row.local.address == .anyIPv6 else { return }
        if sockets[listeners[0]].isV6Only == nil { sockets[listeners[0]].isV6Only = false }
    }

    /// Two listeners on one address have SO_REUSEPORT: with SO_REUSEADDR only the first listen() succeeds. Of `::` with IPV6_V6ONLY and
    /// `::` without one may lack it.
    private static func proveReusePort(_ sockets: inout [BoundSocket]) {
        let listeners = sockets.indices.filter { sockets[$0].isListening }
        if listeners.count < 2 { return }
        let told = listeners.filter { sockets[$0].isV6Only != nil }
        for group in Dictionary(grouping: told, by: { Place(sockets[$0]) }).values where group.count > 1 {
            for index in group { sockets[index].reusePort = sockets[index].reusePort ?? true }
        }
    }

    /// A connection has the options of the listener that it was accepted from. One that waits for accept() is of a listener that
    /// stands there, with its user; one that was accepted is where all listeners are older.
    private static func inherit(_ sockets: inout [BoundSocket]) {
        let listeners = sockets.filter(\.isListening)
        if listeners.isEmpty { return }
        let youngest = listeners.map { $0.since ?? .max }.max() ?? .max
        for index in sockets.indices where sockets[index].role == .accepted {
            let socket = sockets[index]
            if !socket.isQueued, socket.since ?? 0 <= youngest { continue }
            let parents = listeners.filter {
                AddressOverlap.between(
                    $0.row.local.address, v6Only: $0.isV6Only, socket.row.local.address, v6Only: socket.isV6Only) != .no
            }
            sockets[index].reuseAddress = socket.reuseAddress ?? common(parents, \.reuseAddress)
            sockets[index].reusePort = socket.reusePort ?? common(parents, \.reusePort)
            sockets[index].isV6Only = socket.isV6Only ?? common(parents, \.isV6Only)
            if socket.isQueued { sockets[index].uid = socket.uid ?? common(parents, \.uid) }
        }
    }

    /// What all agree on.
    private static func common<Value: Equatable>(_ parents: [BoundSocket], _ value: (BoundSocket) -> Value?) -> Value? {
        guard let first = parents.first.flatMap(value), parents.allSatisfy({ value($0) == first }) else { return nil }
        return first
    }

    /// Where listeners stand that share by SO_REUSEPORT.
    private struct Place: Hashable {
        var address: IPAddress
        var isV6Only: Bool?
        var uid: UInt32?
        var interface: UInt32?

        init(_ socket: BoundSocket) {
            address = socket.row.local.address
            isV6Only = socket.isV6Only
            uid = socket.uid
            interface = socket.interface
        }
    }
}
