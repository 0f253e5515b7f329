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
    ///
    /// - Throws: `SQLITE_CORRUPT` for a row that portlog did not write.
    func forEach(_ body: (OpenSocket) throws -> Void) throws {
        let now = try Int.fetchOne(database, sql: "SELECT boot_clock FROM sample ORDER BY number DESC LIMIT 1") ?? 0
        let statement = try HotStatement(
            database,
            """
            SELECT o.id, o.local_port, o.flow, o.remote_port, o.kind, o.inode, o.holder, o.first, o.age, o.time_wait_age, h.uid,
                ifnull(s.boot_clock, 0)
            FROM open_interval o JOIN holder h ON h.id = o.holder LEFT JOIN sample s ON s.number = o.first ORDER BY o.id
            """)
        defer { statement.reset() }
        while try statement.next() {
            let flow = try flows.flow(statement.int(2))
            let kind = IntervalKind(rawValue: statement.int(4))
            let remotePort: UInt16 = flow.remotePort == 0 ? try statement.number(3) : flow.remotePort
            let age: UInt16 = try statement.number(9)
            // What remains of a TIME_WAIT at the newest sample.
            let lasted = Int(age) + max(0, now &- statement.int(11)) / 10
            var socket = OpenSocket(
                row: SocketRow(
                    table: flow.table, state: kind.state,
                    local: Endpoint(flow.local, try statement.number(1)), remote: Endpoint(flow.remote, remotePort),
                    uid: UInt32(truncatingIfNeeded: max(0, statement.int(10))),
                    inode: UInt64(truncatingIfNeeded: statement.int(5)),
                    timerTicks: kind.state == .timeWait ? UInt32(clamping: max(0, 6000 - lasted)) : 0))
            socket.id = try Self.id(statement.int(0))
            socket.flow = try statement.number(2)
            socket.holder = try statement.number(6)
            socket.first = try statement.number(7)
            socket.socketFirst = try Int32(checked: Int(socket.first) - Int(try statement.number(8, as: UInt32.self)))
            socket.namespace = try Int16(checked: flow.namespace)
            socket.timeWaitAge = age
            socket.role = kind.role
            try body(socket)
        }
    }

    private static func id(_ value: Int) throws -> Int64 {
        guard value > 0, value < Int.max else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "open_interval.id \(value) is out of its range")
        }
        return Int64(value)
    }
}
