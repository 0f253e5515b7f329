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

    private static func record(_ row: Row) throws -> SampleRecord {
        try SampleRecord(
            number: row.checked("number"), takenAt: Timestamp(milliseconds: row.checked("taken_at")),
            bootClock: row.checked("boot_clock"),
            bootID: row.checked("boot_id"), durationMilliseconds: Double(row.checked("duration_us") as Int) / 1000,
            cpuMilliseconds: Double(row.checked("cpu_us") as Int) / 1000,
            intervalMilliseconds: row.checked("interval_ms"),
            sockets: row.checked("sockets"), permissionDenied: row.checked("permission_denied"),
            malformed: row.checked("malformed"),
            missed: row.checked("missed"), listenOverflows: row.checked("listen_overflows"),
            listenDrops: row.checked("listen_drops"),
            timeWaitOverflow: row.checked("time_wait_overflow"))
    }
}
