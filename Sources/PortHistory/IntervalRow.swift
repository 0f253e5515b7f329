import GRDB
import PortModel

/// A row of a table of intervals as it is stored: what its flow and its holder say is not in it. 40 bytes: the order of the
/// properties leaves no gaps.
struct IntervalRow {
    /// The socket's inode.
    var inode: UInt64
    /// `flow.id`.
    var flow: Int32
    /// `holder.id`.
    var holder: Int32
    /// The first sample.
    var first: Int32
    /// The last sample; of an open interval the newest one.
    var last: Int32
    /// How many samples before the first the socket was seen first, in any state.
    var age: UInt32
    /// The local port.
    var localPort: UInt16
    /// The peer's port; 0 where the flow holds it.
    var remotePort: UInt16
    /// Hundredths of a second that a TIME_WAIT had lasted at the first sample.
    var timeWaitAge: UInt16
    private var kindBits: UInt8
    /// True while the newest sample sees the socket so.
    var isOpen: Bool

    /// The columns of a closed interval: ports as ``StoredPort`` has them, and the kind in the lower part of the span.
    static let closedColumns = "local_port, flow, remote_port, span, inode, holder, age, time_wait_age"
    /// The columns of an open interval.
    static let openColumns = "local_port, flow, remote_port, kind, inode, holder, age, time_wait_age"

    /// The row at hand of a query for ``closedColumns`` or ``openColumns``.
    ///
    /// - Throws: `SQLITE_CORRUPT` for numbers that portlog never wrote.
    init(_ statement: HotStatement, first: Int, last: Int, isOpen: Bool) throws {
        func port(_ column: Int32) throws -> UInt16 {
            isOpen ? try statement.number(column) : try StoredPort.port(statement.int(column))
        }
        inode = UInt64(truncatingIfNeeded: statement.int(4))
        flow = try statement.number(1)
        holder = try statement.number(5)
        self.first = try Int32(checked: first)
        self.last = try Int32(checked: last)
        age = try statement.number(6)
        localPort = try port(0)
        remotePort = try port(2)
        timeWaitAge = try statement.number(7)
        kindBits = UInt8(IntervalKind(rawValue: statement.int(3)).rawValue)
        self.isOpen = isOpen
    }

    /// The interval, with what its flow says.
    func interval(_ flow: FlowReader.Flow) -> SocketInterval {
        let kind = IntervalKind(rawValue: Int(kindBits))
        let remote = Endpoint(flow.remote, flow.remotePort == 0 ? remotePort : flow.remotePort)
        var interval = SocketInterval(
            namespace: flow.namespace, table: flow.table, state: kind.state, role: kind.role,
            local: Endpoint(flow.local, localPort), remote: remote, inode: inode, holder: Int(holder),
            first: Int(first), last: Int(last), socketFirst: Int(first) - Int(age), isOpen: isOpen,
            timeWaitAge: Int(timeWaitAge))
        interval.flow = Int(self.flow)
        interval.isContinued = kind.isContinued
        return interval
    }
}
