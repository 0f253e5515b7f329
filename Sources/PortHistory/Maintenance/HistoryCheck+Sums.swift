import PortModel

/// Whether rollups tell the same at each resolution.
extension HistoryCheck {
    /// An hour tells what its minutes tell together, and a day what its hours do, where both are kept.
    func checkSums(of level: RollupLevel) throws {
        guard let finer = RollupLevel(rawValue: level.rawValue - 1) else { return }
        var position = 0
        try walk(level.table) { view, meter in
            let query = RollupQuery(database: view.database)
            let kinds = Dictionary(uniqueKeysWithValues: try query.series().map { ($0.id, $0.subject.kind) })
            while let first = try query.firstSample(of: level, after: position), first <= newest {
                position = first
                try attempt(level.table) {
                    guard let bucket = try query.bucket(level, beginningBy: first), try query.isMade(bucket, of: finer)
                    else { return }
                    var sums: [Int: SeriesRow] = [:]
                    for part in try query.buckets(finer, in: bucket.samples) {
                        let start = part.samples.lowerBound
                        try query.forEachRow(finer, firsts: start...start) { _, series, row in
                            sums[series] = row.added(
                                to: sums[series], samplesBefore: start - first, offset: part.since - bucket.since,
                                capacity: 0, byUtilization: false)
                            meter.look(isTaken: true)
                        }
                    }
                    var differing: Set<Int> = []
                    try query.forEachRow(level, firsts: first...first) { _, series, row in
                        let sum = sums.removeValue(forKey: series)
                        // That of a utilization needs to know what ports there were.
                        let isPeak = kinds[series] == .destinationUsed || sum?.peak.level == row.peak.level
                        if !isPeak || sum.map({ $0.figures == row.figures }) != true { differing.insert(series) }
                        meter.look(isTaken: true)
                    }
                    for series in differing.union(sums.keys).sorted() {
                        report(
                            level.table,
                            "series \(series) in the \(level.name) of sample \(first) is not what its \(finer.name)s tell"
                        )
                    }
                }
                if meter.isFull { return true }
            }
            return false
        }
    }
}

extension SeriesRow {
    /// What has to be the same in a bucket and in its parts together.
    fileprivate var figures: [Int] { [before, level, total, opened, closed] }
}
