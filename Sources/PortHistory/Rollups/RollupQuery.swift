import GRDB
import PortModel

/// Reads `bucket`, `series`, `series_now`, `minute`, `hour` and `day` back.
final class RollupQuery {
    /// A series as the tables have it.
    struct Series {
        var id: Int
        var subject: SeriesSubject
        /// The level at the newest sample.
        var level: Int
        /// The last sample that changed it, when the last minute in which it changed was over.
        var last: Int
        /// Whose socket came last; 0: unknown.
        var holder: Int
        /// It is still recorded.
        var isLive: Bool
    }

    let database: Database
    private var rowStatements: [RollupLevel: HotStatement] = [:]
    /// Every series, read once: a query lives within one transaction.
    private var known: [Series]?
    var seriesByPort: [SeriesKind: [SeriesSubject: [Int]]] = [:]

    init(database: Database) { self.database = database }

    private static let bucketColumns = "level, first, last, since, until, clock, opened"

    /// The buckets of a level that lie in a range of samples with all of theirs, in order.
    func buckets(_ level: RollupLevel, in samples: ClosedRange<Int>) throws -> [RollupBucket] {
        let statement = try HotStatement(
            database,
            """
            SELECT \(Self.bucketColumns) FROM bucket
            WHERE level = ?1 AND first BETWEEN ?2 AND ?3 AND last <= ?3 ORDER BY first
            """)
        statement.bind(1, level.rawValue)
        statement.bind(2, samples.lowerBound)
        statement.bind(3, samples.upperBound)
        defer { statement.reset() }
        var buckets: [RollupBucket] = []
        while try statement.next() { buckets.append(try Self.bucket(statement)) }
        return buckets
    }

    /// The newest bucket of a level that begins with a sample or before; without one the newest of all.
    func bucket(_ level: RollupLevel, beginningBy sample: Int = Int(Int32.max)) throws -> RollupBucket? {
        let statement = try HotStatement(
            database,
            "SELECT \(Self.bucketColumns) FROM bucket WHERE level = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1")
        statement.bind(1, level.rawValue)
        statement.bind(2, sample)
        defer { statement.reset() }
        return try statement.next() ? try Self.bucket(statement) : nil
    }

    /// The oldest bucket of a level.
    func oldest(_ level: RollupLevel) throws -> RollupBucket? {
        let statement = try HotStatement(
            database, "SELECT \(Self.bucketColumns) FROM bucket WHERE level = ?1 ORDER BY first LIMIT 1")
        statement.bind(1, level.rawValue)
        defer { statement.reset() }
        return try statement.next() ? try Self.bucket(statement) : nil
    }

    /// The first sample after another one with which a bucket of any level begins.
    func firstSample(after sample: Int) throws -> Int? {
        try RollupLevel.allCases.compactMap { try firstSample(of: $0, after: sample) }.min()
    }

    /// The first sample after another one with which a bucket of a level begins.
    func firstSample(of level: RollupLevel, after sample: Int) throws -> Int? {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT min(first) FROM bucket WHERE level = ? AND first > ?"),
            arguments: [level.rawValue, sample])
    }

    private static func bucket(_ statement: HotStatement) throws -> RollupBucket {
        let first = Int(try statement.number(1, as: Int32.self))
        let last = Int(try statement.number(2, as: Int32.self))
        let (since, until) = (try Timestamp(checked: statement.int(3)), try Timestamp(checked: statement.int(4)))
        let (clock, opened) = (statement.int(5), statement.int(6))
        guard let level = RollupLevel(rawValue: statement.int(0)), first <= last,
            level.number(of: since) == level.number(of: until), 0...Timestamp.farthest ~= clock,
            0...Timestamp.farthest ~= opened
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "bucket \(first) is malformed") }
        return RollupBucket(
            level: level, samples: first...last, since: since, until: until, clock: Int64(clock), opened: opened)
    }

    /// The rows of some buckets of a level, given by their first samples; in the order of the buckets.
    func forEachRow(
        _ level: RollupLevel, firsts: ClosedRange<Int>, _ body: (_ first: Int, _ series: Int, SeriesRow) throws -> Void
    ) throws {
        let statement = try HotStatement(
            database, "SELECT \(Self.rowColumns) FROM \(level.table) WHERE first BETWEEN ?1 AND ?2")
        statement.bind(1, firsts.lowerBound)
        statement.bind(2, firsts.upperBound)
        defer { statement.reset() }
        while try statement.next() { try body(statement.int(0), statement.int(1), try Self.row(statement)) }
    }

    /// The row of one series in one bucket; `nil` where nothing changed.
    func row(_ level: RollupLevel, first: Int, series: Int) throws -> SeriesRow? {
        let statement: HotStatement
        if let known = rowStatements[level] {
            statement = known
        } else {
            statement = try HotStatement(
                database, "SELECT \(Self.rowColumns) FROM \(level.table) WHERE first = ?1 AND series = ?2")
            rowStatements[level] = statement
        }
        statement.bind(1, first)
        statement.bind(2, series)
        defer { statement.reset() }
        return try statement.next() ? try Self.row(statement) : nil
    }

    /// A level has 31 bits, and a bucket as many samples.
    private static let mostTotal = 1 << 62
    private static let rowColumns = "first, series, level, change, total, peak, peak_at, capacity, opened, closed"

    private static func row(_ statement: HotStatement) throws -> SeriesRow {
        // Of the range that a count of sockets can have: sums of them cannot overflow. Sums of totals can, see SeriesRow.
        func count(_ column: Int32) throws -> Int { Int(try statement.number(column, as: Int32.self)) }
        let (level, total) = (try count(2), statement.int(4))
        guard level >= 0, -Self.mostTotal...Self.mostTotal ~= total else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT, message: "a row of sample \(statement.int(0)) is malformed")
        }
        return SeriesRow(
            level: level, before: level - (try count(3)), total: total,
            peak: SeriesPeak(level: level + (try count(5)), capacity: try count(7), at: Int64(try count(6))),
            opened: try count(8), closed: try count(9))
    }

    private static let subjectColumns =
        "s.id, s.kind, s.namespace, s.transport, s.state, s.local_address, s.local_port, s.remote_address, s.remote_port"

    /// Every series, by number.
    func series() throws -> [Series] {
        if let known { return known }
        let series = try readSeries()
        known = series
        return series
    }

    private func readSeries() throws -> [Series] {
        let statement = try HotStatement(
            database,
            """
            SELECT \(Self.subjectColumns), n.level, n.holder, n.last
            FROM series s LEFT JOIN series_now n ON n.series = s.id ORDER BY s.id
            """)
        defer { statement.reset() }
        var series: [Series] = []
        while try statement.next() {
            series.append(
                Series(
                    id: statement.int(0), subject: try Self.subject(statement),
                    level: Int(try statement.number(9, as: Int32.self)),
                    last: Int(try statement.number(11, as: Int32.self)),
                    holder: statement.int(10),
                    isLive: !statement.isNull(9)))
        }
        return series
    }

    /// What a series counts.
    ///
    /// - Throws: `SQLITE_CORRUPT` when there is none or it cannot be read: a series goes after the last of its rows.
    func subject(of series: Int) throws -> SeriesSubject {
        let statement = try HotStatement(database, "SELECT \(Self.subjectColumns) FROM series s WHERE s.id = ?1")
        statement.bind(1, series)
        defer { statement.reset() }
        guard try statement.next() else { throw Self.malformed(series) }
        return try Self.subject(statement)
    }

    private static func malformed(_ series: Int) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "series \(series) is missing or malformed")
    }

    private static func subject(_ statement: HotStatement) throws -> SeriesSubject {
        let (local, remote) = (statement.text(5), statement.text(7))
        let localAddress = local.isEmpty ? nil : IPAddress(local)
        let remoteAddress = remote.isEmpty ? nil : IPAddress(remote)
        guard let kind = SeriesKind(rawValue: statement.int(1)), local.isEmpty || localAddress != nil,
            remote.isEmpty || remoteAddress != nil
        else { throw malformed(statement.int(0)) }
        let remotePort: UInt16 = try statement.number(8)
        return SeriesSubject(
            kind, namespace: Int(try statement.number(2, as: Int16.self)),
            transport: statement.int(3) == 0 ? .tcp : .udp,
            state: SocketState(rawValue: try statement.number(4)), localAddress: localAddress,
            localPort: try statement.number(6), remote: remoteAddress.map { Endpoint($0, remotePort) })
    }
}
