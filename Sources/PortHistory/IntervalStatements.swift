import GRDB
import PortModel

/// The statements that write intervals: the arithmetic of `interval`'s key is ``IntervalCluster``'s.
struct IntervalStatements {
    private let insertOpen: HotStatement
    private let deleteOpen: HotStatement
    private let insertInterval: HotStatement

    init(_ database: Database) throws {
        insertOpen = try HotStatement(
            database,
            """
            INSERT INTO open_interval (id, local_port, flow, remote_port, kind, inode, holder, first, age, time_wait_age)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        deleteOpen = try HotStatement(database, "DELETE FROM open_interval WHERE id = ?")
        insertInterval = try HotStatement(
            database,
            """
            INSERT INTO interval (class, chunk, local_port, start, flow, remote_port, kind, inode, length, holder, age,
                time_wait_age)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// Writes the interval that a socket is in.
    func open(_ socket: OpenSocket) throws {
        insertOpen.bind(1, Int(socket.id))
        insertOpen.bind(2, Int(socket.row.local.port))
        insertOpen.bind(3, Int(socket.flow))
        insertOpen.bind(4, socket.storedRemotePort)
        insertOpen.bind(5, IntervalKind(socket.row.state, socket.role, continued: false).rawValue)
        insertOpen.bind(6, Int(truncatingIfNeeded: socket.row.inode))
        insertOpen.bind(7, Int(socket.holder))
        insertOpen.bind(8, Int(socket.first))
        insertOpen.bind(9, Int(socket.first - socket.socketFirst))
        insertOpen.bind(10, Int(socket.timeWaitAge))
        try insertOpen.run()
    }

    /// Moves the interval that a socket was in to the closed ones.
    func close(_ socket: OpenSocket, last: Int, continued: Bool) throws {
        deleteOpen.bind(1, Int(socket.id))
        try deleteOpen.run()
        try insertClosed(socket, last: last, continued: continued)
    }

    /// Writes a closed interval.
    func insertClosed(_ socket: OpenSocket, last: Int, continued: Bool) throws {
        let first = Int(socket.first)
        let length = max(0, last - first)
        let cluster = IntervalCluster(length: length)
        let chunk = cluster.chunk(of: first)
        insertInterval.bind(1, cluster.number)
        insertInterval.bind(2, chunk)
        insertInterval.bind(3, Int(socket.row.local.port))
        insertInterval.bind(4, first - cluster.firstSample(ofChunk: chunk))
        insertInterval.bind(5, Int(socket.flow))
        insertInterval.bind(6, socket.storedRemotePort)
        insertInterval.bind(7, IntervalKind(socket.row.state, socket.role, continued: continued).rawValue)
        insertInterval.bind(8, Int(truncatingIfNeeded: socket.row.inode))
        insertInterval.bind(9, length)
        insertInterval.bind(10, Int(socket.holder))
        insertInterval.bind(11, first - Int(socket.socketFirst))
        insertInterval.bind(12, Int(socket.timeWaitAge))
        try insertInterval.run()
    }
}

extension OpenSocket {
    /// The peer's port where the flow does not hold it.
    fileprivate var storedRemotePort: Int { role == .outgoing ? 0 : Int(row.remote.port) }
}
