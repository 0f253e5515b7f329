import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// Whose a TIME_WAIT is taken to be that no sample saw alive.
struct OwnerInferenceTests {
    private let folder: TemporaryFolder
    private let writer: HistoryWriter
    private let peer = Endpoint(IPAddress(ipv4: 0x0a00_0009), 5432)

    init() throws {
        folder = try TemporaryFolder()
        writer = try HistoryWriter(
            path: folder.file("history.db"), host: "test", bootID: "boot", retention: .unlimited)
    }

    private func connection(_ port: UInt16, _ state: SocketState = .established) -> SocketRow {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(IPAddress(ipv4: 0x0a00_0001), port), remote: peer,
            inode: state == .timeWait ? 0 : UInt64(port), timerTicks: state == .timeWait ? 5900 : 0)
    }

    /// Takes a sample, `minutes` after the one before; `owners` has the command behind each port.
    private func sample(
        _ minutes: Int64, _ rows: [SocketRow], _ owners: [UInt16: String], in namespace: String = "host"
    ) throws {
        var snapshots = [Snapshot()]
        let number = try #require(writer.namespaceNumber(namespace))
        let snapshot = Snapshot(namespace: number, namespaceName: namespace, rows: rows)
        if number == 0 { snapshots = [snapshot] } else if !rows.isEmpty { snapshots.append(snapshot) }
        let time = writer.newestBootClock + minutes * 60_000
        var changes = try writer.compare(snapshots, bootClock: time)
        for (index, change) in changes.changed.enumerated() {
            let row = snapshots[Int(change.snapshot)].rows[Int(change.row)]
            guard row.inode != 0, let command = owners[row.local.port] else { continue }
            let owner = PortOwner(
                pid: Int32(command.utf8.count), startTicks: 1, startedAt: Timestamp(milliseconds: 1), command: command)
            changes.setOwnership(
                changes.add(Ownership(owners: [owner], attribution: .observed)), ofChange: index)
        }
        try writer.append(
            SampleRecord(takenAt: Timestamp(milliseconds: time), bootClock: time), snapshots, changes)
    }

    /// Who is named for a port at the newest sample.
    private func named(_ port: UInt16) throws -> [String] {
        try HistoryReader(path: writer.path).read { view in
            let socket = try view.sockets(at: view.newestNumber).first { $0.local.port == port }
            let ownership = try view.holder(#require(socket).holder).ownership
            #expect(ownership.owners.isEmpty == (ownership.attribution != .inferred))
            return ownership.owners.map(\.command)
        }
    }

    @Test("the only program that was seen towards a destination lately, or nobody")
    func programs() throws {
        let owners: [UInt16: String] = [40_001: "pool", 40_002: "batch"]
        try sample(1, [connection(40_001)], owners)
        try sample(1, [connection(40_001), connection(50_001, .timeWait)], owners)
        #expect(try named(50_001) == ["pool"])
        // The pool has stood for hours when another one comes: both come into question.
        for _ in 0..<10 { try sample(20, [connection(40_001)], owners) }
        try sample(1, [connection(40_001), connection(40_002)], owners)
        try sample(1, [connection(40_001), connection(50_002, .timeWait)], owners)
        #expect(try named(50_002) == [])
        // And hours after the pool has gone the other one is the only one.
        for _ in 0..<10 { try sample(20, [connection(40_002)], owners) }
        try sample(1, [connection(40_002), connection(50_003, .timeWait)], owners)
        #expect(try named(50_003) == ["batch"])
    }

    @Test("a namespace that comes again knows nothing of who was in the one before")
    func namespaces() throws {
        let owners: [UInt16: String] = [40_001: "pool"]
        try sample(1, [connection(40_001)], owners, in: "blue")
        try sample(1, [connection(40_001), connection(50_001, .timeWait)], owners, in: "blue")
        #expect(try named(50_001) == ["pool"])
        try sample(1, [], owners, in: "blue")
        try sample(1, [connection(50_002, .timeWait)], owners, in: "blue")
        #expect(try named(50_002) == [])
    }
}
