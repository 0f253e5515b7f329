import GRDB
import PortHistory
import PortModel
import TestSupport

/// A recorder whose every sample the test says itself.
final class HandwrittenRun {
    let path: String
    private let folder: TemporaryFolder
    private let retention: RetentionPolicy
    private(set) var writer: HistoryWriter
    /// The clocks of the newest sample, in milliseconds: it begins with a day of the wall clock.
    private(set) var wall: Int64 = 1_790_812_800_000 - 10_000
    private var boot: Int64 = 100 * 86_400_000

    init(retention: RetentionPolicy = .unlimited) throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
        self.retention = retention
        writer = try HistoryWriter(path: path, host: "test", bootID: "boot", retention: retention)
    }

    deinit { writer.close() }

    /// Takes a sample, so many milliseconds after the last one.
    func sample(_ rows: [SocketRow], after passed: Int64 = 10_000, interval: Int64 = 10_000) throws {
        wall += passed
        boot += passed
        let snapshots = [Snapshot(rows: rows)]
        var changes = try writer.compare(snapshots, bootClock: boot)
        for (index, change) in changes.changed.enumerated() where rows[Int(change.row)].inode != 0 {
            let pid = Int32(rows[Int(change.row)].uid)
            let owner = PortOwner(
                pid: pid, startTicks: 1, startedAt: Timestamp(milliseconds: 1_000_000), command: "program \(pid)",
                executable: nil, uid: 0)
            let ownership = Ownership(owners: [owner], attribution: .observed)
            changes.setOwnership(changes.add(ownership), ofChange: index)
        }
        let sample = SampleRecord(
            takenAt: Timestamp(milliseconds: wall), bootClock: boot, intervalMilliseconds: Int(interval))
        try writer.append(sample, snapshots, changes)
    }

    /// Another recorder takes over, in the same boot or in another.
    func restart(bootID: String = "boot") throws {
        writer.close()
        writer = try HistoryWriter(path: path, host: "test", bootID: bootID, retention: retention)
    }

    /// Ends the recorder, and changes its file.
    func damage(_ statement: String) throws {
        writer.close()
        try DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
    }

    /// The first column of what a query finds.
    func numbers(_ sql: String) throws -> [Int] {
        try DatabaseQueue(path: path).read { try Int.fetchAll($0, sql: sql) }
    }

    /// What `database check` finds.
    func problems() throws -> [HistoryCheck.Problem] { try HistoryCheck(HistoryReader(path: path)).problems }
}

extension SocketRow {
    private static let here = IPAddress(ipv4: 0x0a00_0001)

    /// A connection from a port to the destination of a number.
    static func connection(
        _ port: UInt16, to destination: UInt32, _ state: SocketState = .established, owner: UInt32 = 1
    ) -> SocketRow {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(here, port),
            remote: Endpoint(IPAddress(ipv4: 0xc633_0000 + destination), 443), uid: owner,
            inode: UInt64(port) << 32 | UInt64(destination) + 1)
    }

    /// A listener on all addresses.
    static func listener(_ port: UInt16) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0), uid: 1,
            inode: 1 + UInt64(port))
    }

    /// A connection that a listener has accepted.
    static func accepted(_ port: UInt16) -> SocketRow {
        SocketRow(
            table: .tcp, state: .established, local: Endpoint(here, port),
            remote: Endpoint(IPAddress(ipv4: 0xcb00_7101), 40_000), uid: 1, inode: 1 << 20 + UInt64(port))
    }

    /// A UDP socket without a peer.
    static func datagrams(_ port: UInt16, inode: UInt64) -> SocketRow {
        SocketRow(
            table: .udp, state: .close, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0), uid: 1,
            inode: inode)
    }
}
