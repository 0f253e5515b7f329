import GRDB
import PortModel

/// Reads the table `sample`.
enum SampleTable {
    /// The newest sample; `nil` in an empty history.
    static func newest(in database: Database) throws -> SampleRecord? {
        try sample("ORDER BY number DESC LIMIT 1", [], in: database)
    }

    /// The sample that a condition, an order and a limit choose.
    static func sample(
        _ condition: String, _ arguments: StatementArguments, in database: Database
    ) throws -> SampleRecord? {
        try Row.fetchOne(database.cachedStatement(sql: "\(select) \(condition)"), arguments: arguments).map(record)
    }

    private static let select = "SELECT sample.*, boot.boot_id FROM sample JOIN boot ON boot.id = sample.boot"

    /// The samples of a range that are kept, by number, until the body has enough.
    static func forEach(
        in samples: ClosedRange<Int>, of database: Database, _ body: (SampleRecord) throws -> Bool
    ) throws {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "\(select) WHERE number BETWEEN ? AND ? ORDER BY number"),
            arguments: [samples.lowerBound, samples.upperBound])
        while let row = try rows.next() {
            if try !body(record(row)) { return }
        }
    }

    private static func record(_ row: Row) -> SampleRecord {
        SampleRecord(
            number: row["number"], takenAt: Timestamp(milliseconds: row["taken_at"]), bootClock: row["boot_clock"],
            bootID: row["boot_id"], durationMilliseconds: Double(row["duration_us"] as Int) / 1000,
            cpuMilliseconds: Double(row["cpu_us"] as Int) / 1000, intervalMilliseconds: row["interval_ms"],
            sockets: row["sockets"], permissionDenied: row["permission_denied"], malformed: row["malformed"],
            missed: row["missed"], listenOverflows: row["listen_overflows"], listenDrops: row["listen_drops"],
            timeWaitOverflow: row["time_wait_overflow"])
    }
}
