import GRDB

/// What a reading over many transactions has to know of each.
extension HistoryView {
    /// Whether anything stands open: nothing does after a reboot, until the next sample.
    func hasOpenIntervals() throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM open_interval)") ?? false
    }

    /// The oldest sample of which a table of intervals tells everything. Rows that ended before it are removed sooner or later, and
    /// words that only they need may be gone already.
    func oldestSample(of table: IntervalTable) throws -> Int {
        let sample = try oldestSample()?.number ?? 0
        if table == .sockets { return sample }
        // Listeners are kept as long as hours; before there is an hour, as long as anything is.
        let rollups = RollupQuery(database: database)
        let buckets = try [RollupLevel.minute, .hour].compactMap { try rollups.oldest($0)?.samples.lowerBound }
        return ([sample] + buckets).min() ?? 0
    }
}
