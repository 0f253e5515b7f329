extension BoundSocket {
    /// The sockets of a namespace with the roles that they themselves suggest: a connection whose address and port a listener covers was
    /// accepted from it, every other one is outgoing. Where the listener has gone that is wrong, which only a history tells.
    public static func assumingRoles(of rows: [SocketRow]) -> [BoundSocket] {
        var listeners: [UInt16: Set<IPAddress>] = [:]
        for row in rows where row.state == .listen { listeners[row.local.port, default: []].insert(row.local.address) }
        return rows.map { row in
            guard row.isConnectedTCP else { return BoundSocket(row, role: .none) }
            let isCovered = listeners[row.local.port]?.contains { $0.covers(row.local.address) } == true
            return BoundSocket(row, role: isCovered ? .accepted : .outgoing)
        }
    }
}
