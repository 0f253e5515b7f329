import GRDB
import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// Network namespaces that come and go.
struct NamespaceTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
    }

    private func open(_ retention: RetentionPolicy = .unlimited) throws -> HistoryWriter {
        try HistoryWriter(path: path, host: "test", bootID: "boot", retention: retention)
    }

    /// Appends a sample, some milliseconds after the one before.
    private func append(
        _ snapshots: [(name: String, rows: [SocketRow])], to writer: HistoryWriter, step: Int64 = 10_000
    ) throws {
        let snapshots = snapshots.map { name, rows in
            Snapshot(namespace: writer.namespaceNumber(name) ?? -1, namespaceName: name, rows: rows)
        }
        let changes = try writer.compare(snapshots)
        let time = Int64(writer.newestSample + 1) * step
        try writer.append(
            SampleRecord(takenAt: Timestamp(milliseconds: time), bootClock: time), snapshots, changes)
    }

    private func count(_ sql: String) throws -> Int {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(sql)") ?? 0 }
    }

    @Test("the sockets of each are rebuilt exactly, whichever is there at a sample, over restarts", arguments: 1...4)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var hosts = (0..<4).map { RandomHost(seed: seed * 10 + UInt64($0)) }
        let names = ["host", "web", "mail", "web net:[4026532281]"]
        var writer = try open()
        var recorded: [[String: Set<SocketRow>]] = []
        for number in 1...200 {
            if number % 60 == 0 {
                writer.close()
                writer = try open()
            }
            var snapshots: [(String, [SocketRow])] = []
            for index in hosts.indices where index == 0 || Int.random(in: 0..<4, using: &random) > 0 {
                hosts[index].step()
                snapshots.append((names[index], hosts[index].dump()))
            }
            try append(snapshots, to: writer)
            recorded.append(
                Dictionary(uniqueKeysWithValues: snapshots.map { ($0.0, Set($0.1.map(Self.withoutUser))) }))
        }
        try HistoryReader(path: path).read { view in
            for (index, namespaces) in recorded.enumerated() {
                #expect(Set(try view.namespaces(at: index + 1).map(\.name)) == Set(namespaces.keys))
                for name in names {
                    let sockets = try view.sockets(at: index + 1, matching: SocketFilter(namespace: name))
                    #expect(Set(sockets.map(Self.row)) == namespaces[name] ?? [])
                }
            }
        }
        let problems = try HistoryCheck(HistoryReader(path: path)).problems
        #expect(problems.isEmpty, "\(problems.prefix(3))")
        // When all but one are gone, nothing of them is counted any more.
        for _ in 0..<3 { try append([("host", [])], to: writer) }
        #expect(try count("series_now n JOIN series s ON s.id = n.series WHERE s.namespace > 0") == 0)
        #expect(try count("namespace_life WHERE last = 0") == 1)
        #expect(writer.rollups.namespaces.count == 1)
        writer.close()
    }

    @Test("limits and ports are those of the life at hand, not of an earlier one of the same name")
    func lives() throws {
        let writer = try open()
        func snapshot(_ first: UInt16?) throws {
            var snapshots = [Snapshot()]
            if let first {
                var limits = PortLimits()
                limits.range = PortRange(first: first, last: 60_000)
                let row = SocketRow(
                    table: .tcp, state: .listen, local: Endpoint(.anyIPv4, 80), remote: Endpoint(.anyIPv4, 0), inode: 7)
                snapshots.append(
                    Snapshot(
                        namespace: writer.namespaceNumber("web") ?? -1, namespaceName: "web", rows: [row],
                        limits: limits))
            }
            let time = Int64(writer.newestSample + 1) * 10_000
            try writer.append(
                SampleRecord(takenAt: Timestamp(milliseconds: time), bootClock: time), snapshots,
                writer.compare(snapshots))
        }
        for first in [50_000, 50_000, nil, nil, 40_000, nil] as [UInt16?] { try snapshot(first) }
        writer.close()
        try HistoryReader(path: path).read { view in
            let ranges = try (1...6).map { sample in
                try view.limits(in: sample...sample).filter { $0.namespace == 1 }.map(\.limits.range.first)
            }
            #expect(ranges == [[50_000], [50_000], [], [], [40_000], []])
            let open = try view.highest(of: SeriesSubject(.portsOpen, namespace: 1), in: view.cover(1...6))
            #expect(open.map(\.level).max() == 20_001)
        }
    }

    @Test("names of thousands that were there for a moment do not pile up, and numbers are used again")
    func many() throws {
        let hour: Int64 = 3_600_000
        let writer = try open(RetentionPolicy(budget: nil, samples: hour, minutes: hour, hours: 24 * hour))
        let row = SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, 80), remote: Endpoint(.anyIPv4, 0), inode: 7)
        for number in 1...1500 { try append([("host", []), ("net:[\(number)]", [row])], to: writer, step: hour / 6) }
        let (names, lives) = (try count("namespace"), try count("namespace_life"))
        #expect(names < 700 && lives < 700, "\(names) \(lives)")
        #expect(writer.rollups.namespaces.count <= 3)
        let problems = try HistoryCheck(HistoryReader(path: path)).problems
        #expect(problems.isEmpty, "\(problems.prefix(3))")
        writer.close()
    }

    private static func withoutUser(_ row: SocketRow) -> SocketRow {
        var row = row
        row.timerTicks = 0
        row.uid = 0
        return row
    }

    private static func row(_ socket: SocketInterval) -> SocketRow {
        SocketRow(
            table: socket.table, state: socket.state, local: socket.local,
            remote: socket.remote, uid: 0, inode: socket.inode)
    }
}
