extension BoundSocket {
    /// The sockets of a namespace with the roles that they themselves suggest: a connection on a port where a listener stands was
    /// accepted from it, every other one is outgoing. Where the listener has gone that is wrong, which only a history tells.
    public static func assumingRoles(of rows: [SocketRow]) -> [BoundSocket] {
        let listened = PortSet(rows.lazy.filter { $0.state == .listen }.map(\.local.port))
        return rows.map { row in
            guard row.isConnectedTCP else { return BoundSocket(row, role: .none) }
            return BoundSocket(row, role: listened.contains(row.local.port) ? .accepted : .outgoing)
        }
    }
}
