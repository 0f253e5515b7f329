import PortHistory
import PortModel
import TestSupport
import Testing

/// Which side of a connection a socket is, told from the listeners that stand or stood on its port.
struct ConnectionRoleTests {
    /// A sample: its rows, and which program owns which inode.
    private typealias Moment = (rows: [SocketRow], programs: [UInt64: String])

    private let loopback = IPAddress(ipv4: 0x7f00_0001)
    private let far = IPAddress(ipv4: 0xc000_0201)

    private func listener(_ port: UInt16, inode: UInt64 = 1) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0), inode: inode)
    }

    private func connection(
        _ port: UInt16, _ state: SocketState = .established, to peer: Endpoint? = nil, inode: UInt64 = 9
    ) -> SocketRow {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(loopback, port), remote: peer ?? Endpoint(far, 443), inode: inode
        )
    }

    /// The role of the connection in the last of the moments.
    private func role(_ moments: [Moment]) throws -> ConnectionRole? {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        for (index, moment) in moments.enumerated() {
            let snapshots = [Snapshot(rows: moment.rows)]
            var changes = try writer.compare(snapshots)
            for (position, change) in changes.changed.enumerated() {
                guard let program = moment.programs[moment.rows[Int(change.row)].inode] else { continue }
                let owner = PortOwner(
                    pid: Int32(program.utf8.count), startTicks: 1, startedAt: Timestamp(milliseconds: 0),
                    command: program)
                let ownership = Ownership(owners: [owner], attribution: .observed)
                changes.setOwnership(changes.add(ownership), ofChange: position)
            }
            try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: Int64(index))), snapshots, changes)
        }
        return try HistoryReader(path: path).read { view in
            try view.sockets(at: moments.count).first { !$0.remote.isNone }?.role
        }
    }

    @Test("a listener on the port, also one that is new in the same sample, accepted the connection")
    func accepted() throws {
        #expect(try role([([listener(80), connection(80)], [:])]) == .accepted)
        #expect(try role([([connection(80), listener(80)], [:])]) == .accepted)
    }

    @Test("no listener was ever seen there: the connection is outgoing")
    func outgoing() throws {
        #expect(try role([([listener(80), connection(40000)], [:])]) == .outgoing)
    }

    @Test("a connection keeps its role when the listener goes, into TIME_WAIT")
    func keepsRole() throws {
        let moments: [Moment] = [
            ([listener(80), connection(80)], [:]), ([connection(80)], [:]),
            ([connection(80, .timeWait, inode: 0)], [:]),
        ]
        #expect(try role(moments) == .accepted)
    }

    @Test("a connection that is new a sample after the listener went was not accepted by it: it took the port")
    func thief() throws {
        #expect(try role([([listener(40000)], [:]), ([], [:]), ([connection(40000)], [:])]) == .outgoing)
    }

    @Test(
        "new in the sample in which the listener went: SYN_SENT, a listener as local peer or another program settle it")
    func sameSample() throws {
        let before: Moment = ([listener(40000), listener(80, inode: 2)], [1: "server"])
        #expect(try role([before, ([connection(40000)], [:])]) == .accepted)
        #expect(try role([before, ([connection(40000, .synSent)], [:])]) == .outgoing)
        #expect(try role([before, ([connection(40000)], [9: "thief"])]) == .outgoing)
        #expect(try role([before, ([connection(40000)], [9: "server"])]) == .accepted)
        let toListener = connection(40000, to: Endpoint(loopback, 80))
        #expect(try role([before, ([listener(80, inode: 2), toListener], [:])]) == .outgoing)
    }

    @Test("a restarted recorder still knows where listeners stood")
    func afterRestart() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        for (index, rows) in [[listener(80)], [connection(80)]].enumerated() {
            let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
            let snapshots = [Snapshot(rows: rows)]
            try writer.append(
                SampleRecord(takenAt: Timestamp(milliseconds: Int64(index))), snapshots, try writer.compare(snapshots))
            writer.close()
        }
        #expect(try HistoryReader(path: path).read { try $0.sockets(at: 2).map(\.role) } == [.accepted])
    }
}
