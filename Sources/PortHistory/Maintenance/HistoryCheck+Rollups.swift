import GRDB

/// Minutes, hours and days, and the series in them.
extension HistoryCheck {
    /// The buckets of a level follow each other, and end with a sample that there is.
    func checkBuckets(of level: RollupLevel) throws {
        var previous: (first: Int, last: Int)?
        try walk("bucket") { view, meter in
            let statement = try HotStatement(
                view.database,
                "SELECT first, last FROM bucket WHERE level = ?1 AND first > ?2 AND first <= ?3 ORDER BY first")
            statement.bind(1, level.rawValue)
            statement.bind(2, previous?.first ?? Int.min)
            statement.bind(3, newest)
            defer { statement.reset() }
            while try statement.next() {
                let (first, last) = (statement.int(0), statement.int(1))
                let name = "\(level.name) from sample \(first) to \(last)"
                if first < 1 || first > last || last > view.newestNumber { report("bucket", "there is a \(name)") }
                if let previous, first <= previous.last {
                    report("bucket", "the \(name) overlaps the one from \(previous.first) to \(previous.last)")
                }
                previous = (first, last)
                meter.look(isTaken: true)
                if meter.isFull { return true }
            }
            return false
        }
    }

    /// Every row of a level stands in a bucket, and is of a series. What ends before its hour or day is over has a row that waits
    /// for its bucket.
    func checkRows(of level: RollupLevel) throws {
        var (first, series) = (Int.min, Int.min)
        try walk(level.table) { view, meter in
            let query = RollupQuery(database: view.database)
            let over = try query.bucket(level)?.samples.upperBound ?? 0
            var known: Set<Int> = []
            var checked: Int?
            let statement = try HotStatement(
                view.database,
                """
                SELECT first, series FROM \(level.table) WHERE (first, series) > (?1, ?2) AND first <= ?3
                ORDER BY first, series
                """)
            statement.bind(1, first)
            statement.bind(2, series)
            statement.bind(3, newest)
            defer { statement.reset() }
            while try statement.next() {
                (first, series) = (statement.int(0), statement.int(1))
                if checked != first, level == .minute || first <= over,
                    try query.bucket(level, beginningBy: first)?.samples.lowerBound != first
                {
                    report(level.table, "the bucket of sample \(first) is missing")
                }
                checked = first
                if known.insert(series).inserted {
                    try attempt(level.table) { _ = try query.subject(of: series) }
                }
                meter.look(isTaken: true)
                if meter.isFull { return true }
            }
            return false
        }
    }

    /// A series that is recorded stands where its last change has left it.
    func checkSeries() throws {
        let unmatched = try read("series") { view in
            try Int.fetchAll(
                view.database,
                sql: """
                    SELECT id FROM series LEFT JOIN series_now ON series_now.series = series.id
                    WHERE (until = 0) <> (series_now.series IS NOT NULL) LIMIT \(Self.most)
                    """)
        }
        for id in unmatched ?? [] { report("series", "\(id) is recorded according to one of series and series_now") }
        var previous = 0
        try walk("series_now") { view, meter in
            let query = RollupQuery(database: view.database)
            let statement = try HotStatement(
                view.database, "SELECT series, level, last FROM series_now WHERE series > ?1 ORDER BY series")
            statement.bind(1, previous)
            defer { statement.reset() }
            while try statement.next() {
                let (level, last) = (statement.int(1), statement.int(2))
                previous = statement.int(0)
                try attempt("series_now") {
                    if last < 1 { report("series_now", "series \(previous) changed last with sample \(last)") }
                    guard let bucket = try query.finest(with: last) else { return }
                    // It is written when its minute is over.
                    if bucket.level == .minute, bucket.samples.upperBound >= view.newestNumber { return }
                    let row = try query.row(bucket.level, first: bucket.samples.lowerBound, series: previous)
                    if row?.level == level { return }
                    let told = row.map { "is \($0.level)" } ?? "has no row"
                    report(
                        "series_now",
                        "series \(previous) is \(level) since sample \(last), and \(told) in that \(bucket.level.name)")
                }
                meter.look(isTaken: true)
                if meter.isFull { return true }
            }
            return false
        }
    }
}

extension RollupQuery {
    /// The minute that has a sample, else the hour, else the day; `nil` where none is kept.
    fileprivate func finest(with sample: Int) throws -> RollupBucket? {
        for level in RollupLevel.allCases {
            if let bucket = try bucket(level, beginningBy: sample), bucket.samples.contains(sample) { return bucket }
        }
        return nil
    }
}
