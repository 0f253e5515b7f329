import Foundation
import GRDB
import PortHistory
import PortModel
import TestSupport
import Testing

/// A simulated recorder of a ``BusyHost``: sample after sample as the real one takes them, with an eye on the files.
final class RecordedRun {
    let folder: TemporaryFolder
    let path: String
    var host: BusyHost
    private(set) var writer: HistoryWriter
    /// The most bytes that the files have had together.
    private(set) var mostBytes: Int64 = 0
    /// What was recorded, by sample.
    private(set) var recorded: [Int: [SocketRow]] = [:]
    /// When that was, by sample.
    private(set) var times: [Int: Timestamp] = [:]
    /// Errors of samples that were lost, one a sample.
    private(set) var losses: [HistoryError] = []
    /// How long each append took, in milliseconds.
    private(set) var costs: [Double] = []
    /// The clocks of the next sample, in milliseconds.
    var wall: Int64 = 1_790_856_000_000
    var boot: Int64 = 1_000_000
    var bootID = "boot"
    /// From one sample to the next.
    var interval: Int64 = 10_000

    init(_ host: BusyHost, retention: RetentionPolicy) throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
        self.host = host
        writer = try HistoryWriter(path: path, host: "test", bootID: bootID, retention: retention)
    }

    /// Takes a sample; `false` when it was lost.
    @discardableResult
    func sample() throws -> Bool {
        host.step()
        let start = ContinuousClock.now
        defer {
            costs.append((ContinuousClock.now - start) / .milliseconds(1))
            mostBytes = max(mostBytes, bytes)
            wall += interval
            boot += interval
        }
        do throws(HistoryError) {
            try writer.makeRoom()
            let snapshots = [Snapshot(rows: host.rows, limits: host.limits)]
            var changes = try writer.compare(snapshots, bootClock: boot)
            for (index, change) in changes.changed.enumerated() {
                let ownership = host.ownership(of: host.rows[Int(change.row)])
                if ownership != .unknown { changes.setOwnership(changes.add(ownership), ofChange: index) }
            }
            let sample = SampleRecord(
                takenAt: Timestamp(milliseconds: wall), bootClock: boot, intervalMilliseconds: Int(interval))
            let number = try writer.append(sample, snapshots, changes).number
            recorded[number] = host.rows
            times[number] = sample.takenAt
            return true
        } catch {
            losses.append(error)
            return false
        }
    }

    /// Takes samples, and expects that none of them takes the files above a budget.
    func samples(_ count: Int, within budget: Int64) throws {
        for _ in 0..<count {
            try sample()
            #expect(bytes <= budget, "sample \(writer.newestSample)")
        }
    }

    /// Another recorder takes over.
    func restart(retention: RetentionPolicy) throws {
        writer.close()
        writer = try HistoryWriter(path: path, host: "test", bootID: bootID, retention: retention)
    }

    /// How many rows a table has.
    func count(_ table: String) throws -> Int {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    /// What SQLite says about the whole file.
    func integrity() throws -> String? {
        try DatabaseQueue(path: path).read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    }

    /// The samples that are kept.
    func kept() throws -> ClosedRange<Int> {
        try HistoryReader(path: path).read { view in
            (try view.oldestSample()?.number ?? 0)...view.newestNumber
        }
    }

    /// The bytes of all files.
    var bytes: Int64 {
        ["", "-wal", "-shm", "-lock", "-journal"].reduce(0) { sum, suffix in
            var status = stat()
            return stat(path + suffix, &status) == 0 ? sum + Int64(status.st_size) : sum
        }
    }

    /// Expects that every sample that is kept, or one in some, is as it was recorded, with owners, and that all that the history
    /// still has can be read. Forgets what is no longer kept.
    func expectWhole(oneIn step: Int = 1) throws {
        try expectWords()
        try HistoryReader(path: path).read { view in
            let oldest = try #require(try view.oldestSample()?.number)
            let newest = view.newestNumber
            recorded = recorded.filter { $0.key >= oldest }
            for number in oldest...newest where (newest - number).isMultiple(of: step) {
                let rows = try #require(recorded[number], "sample \(number) was never recorded")
                try expect(rows, at: number, view)
            }
            try view.intervals(in: 1...newest) { _ = try view.holder($0.holder) }
            try view.listeners(in: 1...newest) { _ = try view.holder($0.holder) }
        }
    }

    /// Expects that no word is missing.
    func expectWords() throws {
        let references = [
            ("SELECT flow FROM open_interval UNION SELECT flow FROM listener_interval", "flow"),
            ("SELECT holder FROM open_interval UNION SELECT holder FROM listener_interval", "holder"),
            ("SELECT holder FROM series_now WHERE holder > 0 UNION SELECT holder FROM listened_port", "holder"),
            ("SELECT program FROM process", "program"),
        ]
        try DatabaseQueue(path: path).read { database in
            for (select, table) in references {
                let missing = try Int.fetchAll(database, sql: "\(select) EXCEPT SELECT id FROM \(table)")
                #expect(missing == [], "\(select)")
            }
        }
    }

    private func expect(_ rows: [SocketRow], at number: Int, _ view: HistoryView) throws {
        var missing = Dictionary(rows.map { (withoutTimer($0), 1) }, uniquingKeysWith: +)
        for socket in try view.sockets(at: number) {
            let holder = try view.holder(socket.holder)
            let row = SocketRow(
                table: socket.table, state: socket.state, local: socket.local, remote: socket.remote,
                uid: holder.uid ?? 1000, inode: socket.inode)
            missing[row, default: 0] -= 1
            if row.inode != 0 {
                #expect(holder.ownership == host.ownership(of: row), "sample \(number): \(row)")
            }
        }
        let wrong = missing.filter { $0.value != 0 }
        #expect(wrong.isEmpty, "sample \(number): \(wrong.count) of \(rows.count) differ")
    }

    private func withoutTimer(_ row: SocketRow) -> SocketRow {
        var row = row
        row.timerTicks = 0
        return row
    }
}
