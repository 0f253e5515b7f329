import GRDB
import PortModel

/// The statements that write intervals: the arithmetic of `interval`'s key is ``IntervalCluster``'s.
struct IntervalStatements {
    private let insertOpen: HotStatement
    private let deleteOpen: HotStatement
    private let insertSocket: HotStatement
    private let insertListener: HotStatement

    init(_ database: Database) throws {
        insertOpen = try HotStatement(
            database,
            """
            INSERT INTO open_interval (id, local_port, flow, remote_port, kind, inode, holder, first, age, time_wait_age)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        deleteOpen = try HotStatement(database, "DELETE FROM open_interval WHERE id = ?")
        insertSocket = try Self.insert(into: .sockets, database)
        insertListener = try Self.insert(into: .listeners, database)
    }

    private static func insert(into table: IntervalTable, _ database: Database) throws -> HotStatement {
        try HotStatement(
            database,
            """
            INSERT INTO \(table.rawValue) (cluster, local_port, start, flow, remote_port, span, inode, holder, age, time_wait_age)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// Writes the interval that a socket is in.
    func open(_ socket: OpenSocket) throws {
        insertOpen.bind(1, Int(socket.id))
        insertOpen.bind(2, Int(socket.row.local.port))
        insertOpen.bind(3, Int(socket.flow))
        insertOpen.bind(4, Int(socket.rowRemotePort))
        insertOpen.bind(5, IntervalKind(socket.row.state, socket.role, continued: false).rawValue)
        insertOpen.bind(6, Int(truncatingIfNeeded: socket.row.inode))
        insertOpen.bind(7, Int(socket.holder))
        insertOpen.bind(8, Int(socket.first))
        insertOpen.bind(9, Int(socket.first - socket.socketFirst))
        insertOpen.bind(10, Int(socket.timeWaitAge))
        try insertOpen.run()
    }

    /// Moves the interval that a socket was in to the closed ones.
    func close(_ socket: OpenSocket, last: Int, continued: Bool, in table: IntervalTable) throws {
        deleteOpen.bind(1, Int(socket.id))
        try deleteOpen.run()
        try insertClosed(socket, last: last, continued: continued, in: table)
    }

    /// Writes a closed interval.
    func insertClosed(_ socket: OpenSocket, last: Int, continued: Bool, in table: IntervalTable) throws {
        let statement = table == .sockets ? insertSocket : insertListener
        let first = Int(socket.first)
        let length = max(0, last - first)
        let cluster = IntervalCluster(length: length)
        let kind = IntervalKind(socket.row.state, socket.role, continued: continued)
        statement.bind(1, cluster.stored(first: first))
        statement.bind(2, StoredPort.value(of: socket.row.local.port))
        statement.bind(3, first - cluster.firstSample(ofChunk: cluster.chunk(of: first)))
        statement.bind(4, Int(socket.flow))
        statement.bind(5, StoredPort.value(of: socket.rowRemotePort))
        statement.bind(6, length << IntervalKind.bits + kind.rawValue)
        statement.bind(7, Int(truncatingIfNeeded: socket.row.inode))
        statement.bind(8, Int(socket.holder))
        statement.bind(9, first - Int(socket.socketFirst))
        statement.bind(10, Int(socket.timeWaitAge))
        try statement.run()
    }
}

extension OpenSocket {
    /// The peer's port where the flow does not hold it; else 0.
    fileprivate var rowRemotePort: UInt16 { role == .outgoing ? 0 : row.remote.port }
}
