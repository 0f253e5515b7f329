import PortHistory
import PortModel
import TestSupport
import Testing

/// The views on a host with more destinations and services than have series of their own.
struct CrowdViewTests {
    private let folder: TemporaryFolder
    private let writer: HistoryWriter
    private let shell: SQLiteShell
    private let local = IPAddress(ipv4: 0x0a00_0001)

    init() throws {
        folder = try TemporaryFolder()
        let path = folder.file("portlog.db")
        writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        shell = SQLiteShell(path)
    }

    /// Appends a sample, 10 s after the one before.
    private func record(_ rows: [SocketRow]) throws {
        var limits = PortLimits()
        limits.timeWaitReuse = 0
        let snapshots = [Snapshot(rows: rows, limits: limits)]
        let time = Timestamp(milliseconds: 1_795_300_200_000 + Int64(writer.newestSample) * 10_000)
        let sample = SampleRecord(takenAt: time, bootClock: time.milliseconds)
        try writer.append(sample, snapshots, writer.compare(snapshots))
    }

    private func listener(_ port: Int) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, UInt16(port)), remote: Endpoint(.anyIPv4, 0),
            inode: UInt64(port))
    }

    private func connection(_ port: Int, to remote: Endpoint) -> SocketRow {
        SocketRow(
            table: .tcp, state: .established, local: Endpoint(local, UInt16(port)), remote: remote,
            inode: 100_000 + UInt64(port))
    }

    /// One of many destinations.
    private func destination(_ number: Int) -> Endpoint { Endpoint(IPAddress(ipv4: 0x0b00_0000 + UInt32(number)), 80) }

    @Test("what has no series of its own is counted together, as 'other'")
    func others() throws {
        let client = Endpoint(IPAddress(ipv4: 0xc633_6407), 50_000)
        let services = 1001...3100
        let outgoing = (1...1030).map { connection(40_000 + $0, to: destination($0)) }
        try record(services.map(listener) + services.map { connection($0, to: client) } + outgoing)
        let found = try shell.rows(
            """
            SELECT protocol, local_address, remote_address, remote_port, used, used_max, capacity, utilization_max, opened
            FROM destinations WHERE local_address = 'other'
            """)
        #expect(
            found == [
                [
                    "protocol": "tcp", "local_address": "other", "remote_address": "other", "remote_port": nil,
                    "used": 6, "used_max": 6, "capacity": nil, "utilization_max": nil, "opened": 6,
                ]
            ])
        #expect(try shell.rows("SELECT count(*) AS n FROM destinations") == [["n": 1025]])
        let service = try shell.rows(
            "SELECT local_address, local_port, sockets, listening FROM services WHERE local_address = 'other'")
        #expect(service == [["local_address": "other", "local_port": nil, "sockets": 52, "listening": nil]])
    }

    @Test("a destination that was given up and came back has one row a bucket")
    func cameBack() throws {
        let all = (1...1024).map { connection(40_000 + $0, to: destination($0)) }
        let crowd = (1...16).map { connection(50_000 + $0, to: destination(2000)) }
        let back = (1...16).map { connection(51_000 + $0, to: destination(1)) }
        try record(all)
        // Destination 1 loses its place to one that has become notable, then takes that of destination 2.
        try record(Array(all.dropFirst(1)))
        try record(all.dropFirst(2) + crowd)
        try record(all.dropFirst(2) + crowd + back)
        #expect(
            try shell.rows("SELECT count(*) AS n FROM series WHERE kind = 3 AND remote_address = '11.0.0.1'")
                == [["n": 1]])
        let found = try shell.rows(
            """
            SELECT used, used_mean * 4 AS sum, used_max, used_max_at, opened, closed FROM destinations
            WHERE remote_address = '11.0.0.1'
            """)
        #expect(
            found == [
                [
                    "used": 16, "sum": 17, "used_max": 16, "used_max_at": "2026-11-21T22:30:30.000Z", "opened": 17,
                    "closed": 1,
                ]
            ])
    }
}
