import GRDB
import PortModel

/// The table `flow`, read one flow at a time when it is first asked for.
final class FlowReader {
    /// What many sockets share.
    struct Flow {
        var namespace: Int
        var table: SocketTable
        var local: IPAddress
        var remote: IPAddress
        /// The peer's port of an outgoing connection; 0 where the socket's row holds it.
        var remotePort: UInt16
    }

    private let database: Database
    private var flows: [Int: Flow] = [:]

    init(_ database: Database) { self.database = database }

    /// A flow by its number.
    ///
    /// - Throws: `SQLITE_CORRUPT` when there is none or it cannot be read: the tables refer to each other in one transaction.
    func flow(_ id: Int) throws -> Flow {
        if let flow = flows[id] { return flow }
        let statement = try database.cachedStatement(
            sql: """
                SELECT f.namespace, f.socket_table, l.text, r.text, f.remote_port FROM flow f
                JOIN address l ON l.id = f.local_address JOIN address r ON r.id = f.remote_address WHERE f.id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [id]),
            let table = SocketTable(rawValue: row[1]),
            let local = IPAddress(row[2]), let remote = IPAddress(row[3]),
            let remotePort = UInt16(exactly: row[4] as Int)
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "flow \(id) is missing or malformed") }
        let flow = Flow(namespace: row[0], table: table, local: local, remote: remote, remotePort: remotePort)
        flows[id] = flow
        return flow
    }
}
