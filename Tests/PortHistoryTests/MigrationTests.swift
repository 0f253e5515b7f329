import Foundation
import GRDB
import PortHistory
import PortModel
import TestSupport
import Testing

/// A history of every earlier schema, with real data inside, becomes one of this schema and loses nothing.
struct MigrationTests {
    private let folder: TemporaryFolder
    private let path: String
    private let before: Schema1Rows

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
        try EarlierHistory.make(at: path)
        before = try Schema1Rows(path: path)
    }

    @discardableResult
    private func open(bootID: String = EarlierHistory.bootID) throws -> HistoryWriter {
        try HistoryWriter(path: path, host: EarlierHistory.host, bootID: bootID)
    }

    /// An interval as ``Schema1Rows`` has it.
    private func text(_ interval: SocketInterval, _ view: HistoryView) throws -> String {
        let holder = try view.holder(interval.holder)
        let owners = holder.ownership.owners.map { owner in
            " \(owner.pid)@\(owner.startTicks) \(owner.command) \(owner.executable ?? "") uid \(owner.uid)"
                + " since \(owner.startedAt.milliseconds) in \"\(owner.unit ?? "")\" \"\(owner.container ?? "")\""
        }
        func endpoint(_ endpoint: Endpoint) -> String {
            "\(endpoint.address.text(in: interval.table.family)):\(endpoint.port)"
        }
        return "\(try view.namespaceName(interval.namespace)) \(interval.table.rawValue) \(endpoint(interval.local))"
            + " \(endpoint(interval.remote)) state \(interval.state.rawValue) role \(interval.role.rawValue)"
            + " inode \(interval.inode) samples \(interval.first)-\(interval.last) of \(interval.socketFirst),"
            + " waited \(interval.timeWaitAge); uid \(holder.uid.map(Int.init) ?? -1),"
            + " \(holder.ownership.attribution.rawValue):\(owners.joined()) until \(try view.lastSeen(interval))"
    }

    @Test("the fixture has what a migration can go wrong with")
    func fixture() {
        #expect(before.newest > 800 && before.lines.count > 200)
        for length in [0, 64, 128, 256, 512] {
            #expect(before.lines.contains { !$0.isOpen && length..<max(64, length * 2) ~= $0.last - $0.first })
        }
        #expect(before.lines.contains { $0.isOpen && $0.last - $0.first > 700 })
        #expect(before.lines.contains { $0.socketLast > $0.last && !$0.isListener })
        #expect(before.lines.contains { $0.isListener && !$0.isOpen && $0.text.contains(" 2 0.0.0.0:5353 ") })
        #expect(before.lines.contains { $0.localPort > 32767 && !$0.isOpen })
    }

    @Test("every sample of schema 1 is field for field as it was: sockets, owners, roles, first and last seen")
    func snapshots() throws {
        try open().close()
        try HistoryReader(path: path).read { view in
            #expect(view.schema == 4 && view.newestNumber == before.newest)
            for sample in 1...before.newest {
                let after = try view.sockets(at: sample).map { try text($0, view) }.sorted()
                #expect(after == before.texts(at: sample), "sample \(sample)")
            }
        }
    }

    @Test("schemas 2 and 3 keep every row that they have", arguments: [2, 3])
    func laterSchema(schema: Int) throws {
        let path = folder.file("schema\(schema).db")
        try EarlierHistory.make(at: path, schema: schema)
        let before = try rows(of: path)
        #expect(before.count > 18 && before["interval"]?.count ?? 0 > 100)
        try HistoryWriter(path: path, host: EarlierHistory.host, bootID: EarlierHistory.bootID).close()
        var after = try rows(of: path)
        #expect(after.removeValue(forKey: "alert") == [])
        if schema == 2 {
            #expect(after.removeValue(forKey: "namespace_life") == ["0|1|0"])
            #expect(after.removeValue(forKey: "namespace") == before["namespace"]?.map { $0 + "|1" })
        }
        for (table, rows) in after where !["namespace", "setting", "grdb_migrations"].contains(table) {
            #expect(rows == before[table], "\(table)")
        }
    }

    /// All rows, by table.
    private func rows(of path: String) throws -> [String: [String]] {
        try DatabaseQueue(path: path).read { database in
            let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            var rows: [String: [String]] = [:]
            for table in tables {
                rows[table] = try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { row in
                    row.databaseValues.map { String.fromDatabaseValue($0) ?? "\($0)" }.joined(separator: "|")
                }
            }
            return rows
        }
    }

    @Test("a port's holders over the whole time are found, and every listener")
    func ports() throws {
        try open().close()
        try HistoryReader(path: path).read { view in
            for port in Set(before.lines.map(\.localPort)) {
                var found: [String] = []
                try view.intervals(in: 1...before.newest, matching: SocketFilter(localPort: UInt16(port))) {
                    found.append(try text($0, view))
                }
                #expect(found.sorted() == before.lines.filter { $0.localPort == port }.map(\.text).sorted())
            }
            var listeners: [String] = []
            try view.listeners(in: 1...before.newest) { if $0.isListener { listeners.append(try text($0, view)) } }
            // Whether a closed UDP socket above 32767 served somebody, schema 1 does not tell.
            let known = before.lines.filter { line in
                line.isListener && (line.isOpen || line.localPort < 32768 || !line.text.hasPrefix("host 2"))
            }
            #expect(listeners.sorted() == known.map(\.text).sorted())
        }
    }

    @Test("samples, limits and boots are as they were")
    func others() throws {
        let tables = ["sample", "limits", "limits_change", "listened_port", "program", "open_interval"]
        let boots = try rows(
            "SELECT id, boot_id, host, (SELECT min(number) FROM sample WHERE boot = boot.id) FROM boot")
        let old = try tables.map { try rows("SELECT * FROM \($0)") }
        try open().close()
        for (table, old) in zip(tables, old) { #expect(try rows("SELECT * FROM \(table)") == old, "\(table)") }
        #expect(try rows("SELECT id, boot_id, host, first FROM boot") == boots)
        #expect(try rows("SELECT id, name FROM namespace") == [[0.databaseValue, "host".databaseValue]])
        #expect(try rows("PRAGMA integrity_check") == [["ok".databaseValue]])
    }

    private func rows(_ sql: String) throws -> [[DatabaseValue]] {
        try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql).map { Array($0.databaseValues) } }
    }

    @Test("recording goes on: what is still there keeps its interval, what goes ends in the new tables")
    func recordingGoesOn() throws {
        let writer = try open()
        let newest = before.newest
        #expect(writer.newestSample == newest)
        let last = try HistoryReader(path: path).read { view in
            (try view.sockets(at: newest), try #require(try view.newestSample()), try view.limits(in: newest...newest))
        }
        let limits = try #require(last.2.first?.limits)
        let uids = try HistoryReader(path: path).read { view in
            try last.0.map { try view.holder($0.holder).uid ?? 0 }
        }
        let rows = zip(last.0, uids).map { socket, uid in
            SocketRow(
                table: socket.table, state: socket.state, local: socket.local, remote: socket.remote, uid: uid,
                inode: socket.inode, timerTicks: 0)
        }
        func append(_ rows: [SocketRow]) throws -> Int {
            let snapshots = [Snapshot(rows: rows, limits: limits)]
            let number = Int64(writer.newestSample + 1 - newest)
            let sample = SampleRecord(
                takenAt: last.1.takenAt + 100 * number, bootClock: last.1.bootClock + 100 * number,
                intervalMilliseconds: 100)
            let changes = try writer.compare(snapshots, bootClock: sample.bootClock)
            try writer.append(sample, snapshots, changes)
            return changes.changed.count
        }
        #expect(try append(rows) == 0)
        // What stood there before there were series has not come now.
        #expect(try self.rows("SELECT sum(opened) FROM minute") == [[0.databaseValue]])
        #expect(try append(Array(rows.dropFirst(rows.count / 2))) == 0)
        writer.close()
        try HistoryReader(path: path).read { view in
            let next = try view.sockets(at: newest + 1)
            #expect(next.map(identity).sorted() == last.0.map(identity).sorted())
            let gone = next.filter { $0.last == newest + 1 }
            #expect(gone.map(identity).sorted() == last.0.prefix(rows.count / 2).map(identity).sorted())
            for sample in 1..<newest where sample.isMultiple(of: 10) {
                #expect(try view.sockets(at: sample).count == before.texts(at: sample).count, "sample \(sample)")
            }
        }
    }

    private func identity(_ socket: SocketInterval) -> String {
        "\(socket.table) \(socket.local) \(socket.remote) \(socket.state) \(socket.inode) \(socket.holder) "
            + "\(socket.role) \(socket.first) \(socket.socketFirst)"
    }

    @Test("a reboot between the two schemas ends what stood open")
    func reboot() throws {
        let writer = try open(bootID: "a third boot")
        let snapshots = [Snapshot(rows: [])]
        try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 0)), snapshots, writer.compare(snapshots))
        writer.close()
        try HistoryReader(path: path).read { view in
            #expect(try view.sockets(at: before.newest + 1).isEmpty)
            let after = try view.sockets(at: before.newest).map { try text($0, view) }.sorted()
            #expect(after == before.texts(at: before.newest))
        }
    }

    @Test("listeners of schema 1 are kept longer than its samples, with their words")
    func listenersStay() throws {
        let minute: Int64 = 60_000
        let policy = RetentionPolicy(budget: nil, samples: minute, minutes: 60 * minute, hours: 6000 * minute)
        let writer = try HistoryWriter(
            path: path, host: EarlierHistory.host, bootID: EarlierHistory.bootID, retention: policy)
        let newest = before.newest
        for number in 1...3000 {
            let snapshots = [Snapshot(rows: [])]
            let time = Int64(number) * 10_000
            try writer.append(
                SampleRecord(takenAt: Timestamp(milliseconds: 1_795_600_000_000 + time), bootClock: 900_000_000 + time),
                snapshots, writer.compare(snapshots))
        }
        writer.close()
        #expect(try rows("SELECT count(*) FROM interval") == [[0.databaseValue]])
        // The newest of all stays, so that no number is given twice.
        let others = try rows("SELECT id FROM flow WHERE id NOT IN (SELECT flow FROM listener_interval)")
        #expect(try others == rows("SELECT max(id) FROM flow"))
        try HistoryReader(path: path).read { view in
            #expect(try view.oldestSample()?.number ?? 0 > newest)
            var found: [String] = []
            try view.listeners(in: 1...newest) { if $0.isListener { found.append(try text($0, view)) } }
            let known = before.lines.filter { line in
                line.isListener && (line.isOpen || line.localPort < 32768 || !line.text.hasPrefix("host 2"))
            }
            #expect(found.sorted() == known.map(\.text).sorted())
        }
    }

    @Test("a migration that fails on its way leaves schema 1 whole, and the next start brings it up to date")
    func failure() throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE setting (in_the_way)") }
        #expect(throws: HistoryError.inputOutput(path: path, reason: "table setting already exists")) { try open() }
        #expect(try rows("PRAGMA user_version") == [[1.databaseValue]])
        #expect(try rows("PRAGMA integrity_check") == [["ok".databaseValue]])
        #expect(try Schema1Rows(path: path).lines.map(\.text) == before.lines.map(\.text))
        #expect(throws: HistoryError.otherSchema(path: path, found: 1, expected: 4)) { try HistoryReader(path: path) }
        try DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE setting") }
        try snapshots()
    }

    @Test("a history of schema 1 without a sample is brought up to date as well")
    func empty() throws {
        let path = folder.file("empty.db")
        try EarlierHistory.make(at: path, more: Self.forgetEverything)
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot")
        let snapshots = [Snapshot(rows: [])]
        try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 0)), snapshots, writer.compare(snapshots))
        #expect(try HistoryReader(path: path).read { $0.newestNumber } == 1)
    }

    private static let forgetEverything = [
        "interval", "open_interval", "listened_port", "limits_change", "limits", "holder", "process", "program", "flow",
        "address", "namespace", "sample", "boot",
    ].map { "DELETE FROM \($0);" }.joined()
}
