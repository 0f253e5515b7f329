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

    private let selectFlow: HotStatement
    private let selectAddress: HotStatement
    private var flows: [Int: Flow] = [:]
    private var addresses: [Int: IPAddress] = [:]

    init(_ database: Database) throws {
        selectFlow = try HotStatement(
            database,
            "SELECT namespace, socket_table, local_address, remote_address, remote_port FROM flow WHERE id = ?")
        selectAddress = try HotStatement(database, "SELECT text FROM address WHERE id = ?")
    }

    /// A flow by its number.
    ///
    /// - Throws: `SQLITE_CORRUPT` when there is none or it cannot be read: the tables refer to each other in one transaction.
    func flow(_ id: Int) throws -> Flow {
        if let flow = flows[id] { return flow }
        selectFlow.bind(1, id)
        defer { selectFlow.reset() }
        guard try selectFlow.next(),
            let table = UInt8(exactly: selectFlow.int(1)).flatMap(SocketTable.init(rawValue:)),
            let remotePort = UInt16(exactly: selectFlow.int(4))
        else { throw Self.malformed("flow", id) }
        let flow = Flow(
            namespace: selectFlow.int(0), table: table, local: try address(selectFlow.int(2)),
            remote: try address(selectFlow.int(3)), remotePort: remotePort)
        flows[id] = flow
        return flow
    }

    private func address(_ id: Int) throws -> IPAddress {
        if let address = addresses[id] { return address }
        selectAddress.bind(1, id)
        defer { selectAddress.reset() }
        guard try selectAddress.next(), let address = IPAddress(selectAddress.text(0)) else {
            throw Self.malformed("address", id)
        }
        addresses[id] = address
        return address
    }

    private static func malformed(_ table: String, _ id: Int) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(table) \(id) is missing or malformed")
    }
}
