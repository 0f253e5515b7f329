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
        try Row.fetchOne(database.cachedStatement(sql: "\(select) \(condition)"), arguments: arguments).map {
            try record($0)
        }
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
            if try !body(try record(row)) { return }
        }
    }

    /// - Throws: `SQLITE_CORRUPT` for what nobody can reckon with.
    private static func record(_ row: Row) throws -> SampleRecord {
        let bootClock: Int = try row.checked("boot_clock")
        guard 0...Timestamp.farthest ~= bootClock else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the clock of a sample is \(bootClock)")
        }
        return try SampleRecord(
            number: Int(Int32(checked: row.checked("number"))), takenAt: Timestamp(checked: row.checked("taken_at")),
            bootClock: Int64(bootClock),
            bootID: row.checked("boot_id"), durationMilliseconds: Double(row.checked("duration_us") as Int) / 1000,
            cpuMilliseconds: Double(row.checked("cpu_us") as Int) / 1000,
            intervalMilliseconds: Int(Int32(checked: row.checked("interval_ms"))),
            sockets: row.checked("sockets"), permissionDenied: row.checked("permission_denied"),
            malformed: row.checked("malformed"),
            missed: row.checked("missed"), listenOverflows: row.checked("listen_overflows"),
            listenDrops: row.checked("listen_drops"),
            timeWaitOverflow: row.checked("time_wait_overflow"))
    }
}

extension Timestamp {
    /// No clock stands farther from 1970, in milliseconds: 35 000 years, and what sums of it have room for.
    static let farthest = 1 << 50

    /// A stored moment.
    ///
    /// - Throws: `SQLITE_CORRUPT` when it is one that no clock can say.
    init(checked milliseconds: Int) throws {
        guard -Self.farthest...Self.farthest ~= milliseconds else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the moment \(milliseconds) is out of its range")
        }
        self.init(milliseconds: Int64(milliseconds))
    }
}
