import PortModel
import ProcFS
import SockDiag
import Synchronization
import Testing

@testable import PortRecorder

/// What sock_diag adds to the tables of /proc.
struct BoundSocketsTests {
    private let proc: FakeProc

    init() throws {
        proc = try FakeProc()
        try proc.setNamespace("self", 1, ports: [])
        try proc.setProcess(11, "web")
    }

    /// What the namespaces' sock_diag tells, and how often it was asked.
    private final class Witness: Sendable {
        let state = Mutex((rows: [SocketRow]?.some([]), asked: 0))

        func tell(_ rows: [SocketRow]?) { state.withLock { $0.rows = rows } }
        var asked: Int { state.withLock { $0.asked } }

        var sockets: BoundSockets {
            BoundSockets { () throws(SockDiagError) in
                .init()
            } foreign: { _, _ in
                self.state.withLock {
                    $0.asked += 1
                    return $0.rows
                }
            }
        }
    }

    private static func row(_ port: UInt16, _ state: SocketState = .close, inode: UInt64) -> SocketRow {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0), inode: inode)
    }

    private func make(_ witness: Witness) -> NetworkNamespaces {
        NetworkNamespaces(
            ProcFS(root: proc.root), named: NamedNamespaces(directory: proc.root + "/netns"), limits: .none,
            bound: witness.sockets, interval: .seconds(10))
    }

    @Test("a socket that stands in a table by now is left out")
    func missing() {
        let rows = [Self.row(80, .listen, inode: 7), Self.row(81, .timeWait, inode: 0)]
        let bound = [Self.row(80, inode: 7), Self.row(90, inode: 8)]
        #expect(BoundSockets.missing(bound, in: rows) == [bound[1]])
        #expect(BoundSockets.missing([], in: rows).isEmpty)
        #expect(BoundSockets.missing(bound, in: []) == bound)
    }

    @Test("listeners are told of whose queues take no more: one connection more than the limit fits in")
    func queues() {
        func listener(_ length: UInt32, of limit: UInt32) -> DiagSocket {
            DiagSocket(
                row: Self.row(80, .listen, inode: UInt64(length)), backlog: .init(length: length, limit: limit))
        }
        let bound = DiagSocket(row: Self.row(90, inode: 8))
        let own = BoundSockets.Own([
            bound, listener(0, of: 0), listener(1, of: 0), listener(127, of: 128), listener(128, of: 128),
            listener(129, of: 128),
        ])
        #expect(own.rows == [bound.row])
        #expect(own.fullQueues.map(\.length) == [1, 129] && own.fullQueues.map(\.inode) == [1, 129])
    }

    @Test("those of another namespace stand beside its tables, also where these are empty")
    func foreign() throws {
        for ports in [[UInt16(80)], []] {
            try proc.setNamespace("11", 2, ports: ports)
            let witness = Witness()
            witness.tell([Self.row(9000, inode: 900_001)])
            var namespaces = make(witness)
            for _ in 0..<3 {
                let reading = namespaces.read(own: PortLimits()) { _ in 7 }
                #expect(reading.snapshots.map { $0.rows.map(\.local.port) } == [ports + [9000]])
                #expect(reading.unentered == 0)
            }
        }
    }

    @Test("where they cannot be asked for they stay as they were, and that is told")
    func unentered() throws {
        try proc.setNamespace("11", 2, ports: [80])
        let witness = Witness()
        witness.tell([Self.row(9000, inode: 900_001)])
        var namespaces = make(witness)
        _ = namespaces.read(own: PortLimits()) { _ in 7 }
        witness.tell(nil)
        let readings = (0..<3).map { _ in namespaces.read(own: PortLimits()) { _ in 7 } }
        #expect(readings.allSatisfy { $0.snapshots.map { $0.rows.map(\.local.port) } == [[80, 9000]] })
        #expect(readings.contains { $0.unentered == 1 })
    }

    @Test("where nothing changes they are asked for less and less often, and at once with the tables")
    func quiet() throws {
        try proc.setNamespace("11", 2, ports: [80])
        let witness = Witness()
        var namespaces = make(witness)
        for _ in 0..<60 { _ = namespaces.read(own: PortLimits()) { _ in 7 } }
        // Once a minute, six samples, when all is quiet; a little more often before.
        #expect((10...20).contains(witness.asked), "\(witness.asked)")
        witness.tell([Self.row(9000, inode: 900_001)])
        try proc.setNamespace("11", 2, ports: [80, 81])
        let reading = namespaces.read(own: PortLimits()) { _ in 7 }
        #expect(reading.snapshots.map { $0.rows.map(\.local.port) } == [[80, 81, 9000]])
    }
}
