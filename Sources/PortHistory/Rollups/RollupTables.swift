import GRDB
import PortModel

/// The statements that write `bucket`, `series`, `series_now`, `minute`, `hour` and `day`.
struct RollupTables {
    private let database: Database
    private let writeRow: [HotStatement]
    private let writeNow: HotStatement
    private let writeBucket: HotStatement

    init(_ database: Database) throws {
        self.database = database
        writeRow = try RollupLevel.allCases.map { level in
            try HotStatement(
                database,
                """
                INSERT OR REPLACE INTO \(level.table)
                    (first, series, level, change, total, peak, peak_at, capacity, opened, closed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        }
        writeNow = try HotStatement(
            database, "INSERT OR REPLACE INTO series_now (series, level, last, holder) VALUES (?, ?, ?, ?)")
        writeBucket = try HotStatement(
            database,
            """
            INSERT OR REPLACE INTO bucket (level, first, last, since, until, clock, opened) VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// Writes what became of a series in a bucket.
    func write(_ row: SeriesRow, of series: Int, in bucket: RollupBucket) throws {
        let statement = writeRow[bucket.level.rawValue]
        statement.bind(1, bucket.samples.lowerBound)
        statement.bind(2, series)
        statement.bind(3, row.level)
        statement.bind(4, row.level - row.before)
        statement.bind(5, row.total)
        statement.bind(6, row.peak.level - row.level)
        statement.bind(7, Int(row.peak.at))
        statement.bind(8, row.peak.capacity)
        statement.bind(9, row.opened)
        statement.bind(10, row.closed)
        try statement.run()
    }

    /// What has been written of a series in a bucket; `nil` where nothing has.
    func row(of series: Int, in bucket: RollupBucket) throws -> SeriesRow? {
        try RollupQuery(database: database).row(bucket.level, first: bucket.samples.lowerBound, series: series)
    }

    /// Writes how a series stands.
    func writeNow(_ meter: SeriesMeter) throws {
        writeNow.bind(1, meter.id)
        writeNow.bind(2, meter.level)
        writeNow.bind(3, meter.last)
        writeNow.bind(4, Int(meter.holder))
        try writeNow.run()
    }

    /// Writes a bucket.
    func write(_ bucket: RollupBucket) throws {
        writeBucket.bind(1, bucket.level.rawValue)
        writeBucket.bind(2, bucket.samples.lowerBound)
        writeBucket.bind(3, bucket.samples.upperBound)
        writeBucket.bind(4, Int(bucket.since.milliseconds))
        writeBucket.bind(5, Int(bucket.until.milliseconds))
        writeBucket.bind(6, Int(bucket.clock))
        writeBucket.bind(7, bucket.opened)
        try writeBucket.run()
    }

    /// The last sample of the newest hour that was over at a moment of the recorder's clock; where hours are not kept for as long, the
    /// last one before the oldest hour.
    func lastSample(by clock: Int64) throws -> Int? {
        try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT ifnull(
                        (SELECT last FROM bucket WHERE level = 1 AND clock <= ? ORDER BY first DESC LIMIT 1),
                        (SELECT min(first) - 1 FROM bucket WHERE level = 1))
                    """), arguments: [clock])
    }

    /// Adds a series, or goes on with one that was given up, and gives its number.
    func begin(_ subject: SeriesSubject, sample: Int) throws -> Int {
        let columns = [
            "kind", "namespace", "transport", "state", "local_address", "local_port", "remote_address", "remote_port",
        ]
        let values: [any DatabaseValueConvertible] = [
            subject.kind.rawValue, subject.namespace, subject.transport == .tcp ? 0 : 1,
            Int(subject.state?.rawValue ?? 0), subject.localAddress?.description ?? "", Int(subject.localPort),
            subject.remote?.address.description ?? "", Int(subject.remote?.port ?? 0),
        ]
        let condition = columns.map { "\($0) = ?" }.joined(separator: " AND ")
        let select = try database.cachedStatement(sql: "SELECT id FROM series WHERE \(condition) AND until > 0")
        if let id = try Int.fetchOne(select, arguments: StatementArguments(values)) {
            try database.execute(sql: "UPDATE series SET until = 0 WHERE id = ?", arguments: [id])
            return id
        }
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO series (\(columns.joined(separator: ", ")), since, until)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
                """)
        try insert.execute(arguments: StatementArguments(values + [sample]))
        return Int(database.lastInsertedRowID)
    }

    /// Notes that a series is no longer recorded, with what became of it in the hour and the day at hand.
    func end(_ meter: SeriesMeter, _ buckets: [RollupBucket], sample: Int) throws {
        if meter.id == 0 { return }
        for bucket in buckets where bucket.level != .minute {
            if let row = meter.row(bucket.level) { try write(row, of: meter.id, in: bucket) }
        }
        try database.execute(sql: "UPDATE series SET until = ? WHERE id = ?", arguments: [sample, meter.id])
        try database.execute(sql: "DELETE FROM series_now WHERE series = ?", arguments: [meter.id])
    }
}
