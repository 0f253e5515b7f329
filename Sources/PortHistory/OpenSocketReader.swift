import GRDB
import PortModel

/// Reads table `open_interval` back into the recorder's memory.
struct OpenSocketReader {
    private let database: Database
    private let flows: FlowReader

    init(_ database: Database) throws {
        self.database = database
        flows = try FlowReader(database)
    }

    /// Every open socket, in the order in which the intervals were opened.
    func forEach(_ body: (OpenSocket) throws -> Void) throws {
        let statement = try HotStatement(
            database,
            """
            SELECT o.id, o.local_port, o.flow, o.remote_port, o.kind, o.inode, o.holder, o.first, o.age, o.time_wait_age, h.uid
            FROM open_interval o JOIN holder h ON h.id = o.holder ORDER BY o.id
            """)
        defer { statement.reset() }
        while try statement.next() {
            let flow = try flows.flow(statement.int(2))
            let kind = IntervalKind(rawValue: statement.int(4))
            let remotePort = UInt16(truncatingIfNeeded: statement.int(3) + Int(flow.remotePort))
            let age = statement.int(9)
            var socket = OpenSocket(
                row: SocketRow(
                    table: flow.table, state: kind.state,
                    local: Endpoint(flow.local, UInt16(truncatingIfNeeded: statement.int(1))),
                    remote: Endpoint(flow.remote, remotePort),
                    uid: UInt32(truncatingIfNeeded: max(0, statement.int(10))),
                    inode: UInt64(truncatingIfNeeded: statement.int(5)),
                    timerTicks: kind.state == .timeWait ? UInt32(max(0, 6000 - age)) : 0))
            socket.id = Int64(statement.int(0))
            socket.flow = Int32(truncatingIfNeeded: statement.int(2))
            socket.holder = Int32(truncatingIfNeeded: statement.int(6))
            socket.first = Int32(truncatingIfNeeded: statement.int(7))
            socket.socketFirst = socket.first - Int32(truncatingIfNeeded: statement.int(8))
            socket.namespace = Int16(truncatingIfNeeded: flow.namespace)
            socket.timeWaitAge = UInt16(clamping: age)
            socket.role = kind.role
            try body(socket)
        }
    }
}
