import GRDB
import PortModel

/// Removes from a history what is older than its policy, and what its budget has no room for: a little with each sample, in the
/// sample's transaction.
///
/// Samples are given up first, then minutes, then hours, each down to a floor; below the floors whatever is the most above its own.
/// What samples are kept is said by the table `sample`: its rows go first, and what only they needed follows, chunk by chunk.
struct RetentionSweep {
    /// What a history needs to be swept.
    struct State {
        /// The newest sample.
        var sample: Int
        /// The recorder's clock at it, in milliseconds.
        var clock: Int64
        /// How many intervals it has written: as many times more may be removed.
        var written: Int
    }

    /// For how long samples, minutes and hours are kept before the next coarser ones are given up, in milliseconds.
    private static let floors: [Int64] = [3_600_000, 86_400_000, 30 * 86_400_000]

    /// Where the budget has room for fewer samples, what ended before them is removed from the chunks that they need as well.
    private static let few = 512

    let policy: RetentionPolicy
    private var pruned = 0
    /// The oldest sample that is to be kept; 0 in an empty history.
    private var oldest = 0
    /// The oldest sample that is kept whole: rows of older ones may still have to be removed.
    private(set) var oldestKept = 0
    /// Listeners that ended before are not kept; 0 as long as no hour has been given up.
    private(set) var oldestListener = 0

    init(_ policy: RetentionPolicy, _ database: Database) throws {
        self.policy = policy
        oldest = try Int.fetchOne(database, sql: "SELECT min(number) FROM sample") ?? 0
        oldestKept = oldest
    }

    /// Whether the budget has left only few samples.
    func keepsFew(_ newest: Int) -> Bool { newest - oldestKept < Self.few }

    /// Sweeps once.
    ///
    /// - Parameter isFull: whether the budget has no room for more.
    mutating func sweep(_ state: State, _ database: Database, isFull: () throws -> Bool) throws {
        if oldest == 0 { oldest = state.sample }
        let query = RollupQuery(database: database)
        var quota = max(2000, 4 * state.written)
        try expire(state, query, &quota)
        try remove(&quota, database)
        var rounds = 0
        while quota > 0, rounds < 64, try isFull() {
            if keepsFew(state.sample), pruned != oldestKept {
                try prune(&quota, database)
            } else {
                guard try giveUp(state, query, &quota) else { break }
                try remove(&quota, database)
            }
            rounds += 1
        }
    }

    // MARK: - What is not kept any more

    /// Lets go of what is older than the policy allows.
    private mutating func expire(_ state: State, _ query: RollupQuery, _ quota: inout Int) throws {
        for _ in 0..<8 {
            guard oldest < state.sample, let end = try endOfOldest(query), end.clock < state.clock - policy.samples
            else { break }
            oldest = min(end.next, state.sample)
        }
        for _ in 0..<4 {
            guard let bucket = try query.oldest(.minute), bucket.clock < state.clock - policy.minutes,
                try drop(bucket, query, &quota)
            else { break }
        }
        for level in [RollupLevel.hour, .day] {
            guard let bucket = try query.oldest(level), bucket.clock < state.clock - policy.hours else { continue }
            _ = try drop(bucket, query, &quota)
        }
    }

    /// Until when the minute lasts that holds the oldest sample, on the recorder's clock, and the sample after it. What was recorded
    /// before there were minutes is as old as the recorder's clock.
    private func endOfOldest(_ query: RollupQuery) throws -> (clock: Int64, next: Int)? {
        if let bucket = try query.bucket(.minute, beginningBy: oldest), bucket.samples.contains(oldest) {
            return (bucket.clock, bucket.samples.upperBound + 1)
        }
        return try query.oldest(.minute).map { (0, $0.samples.lowerBound) }
    }

    /// Makes room: lets go of the oldest of what can best be spared; false when nothing can.
    private mutating func giveUp(_ state: State, _ query: RollupQuery, _ quota: inout Int) throws -> Bool {
        let minute = try query.oldest(.minute)
        let hour = try query.oldest(.hour)
        let ends: [Int64?] = [try endOfOldest(query)?.clock, minute?.clock, hour?.clock]
        let ages = ends.map { $0.map { state.clock - $0 } ?? 0 }
        // Those above their floors in turn, then the others, the one first that is nearest to its own.
        let order = ages.indices.sorted { a, b in
            let (isAbove, isOtherAbove) = (ages[a] > Self.floors[a], ages[b] > Self.floors[b])
            if isAbove != isOtherAbove { return isAbove }
            return isAbove ? a < b : ages[a] * Self.floors[b] > ages[b] * Self.floors[a]
        }
        for victim in order {
            switch victim {
            case 0:
                if oldest >= state.sample { continue }
                // What retention removes lies in chunks: one of the shortest intervals more. Few samples are given up by the eighth.
                let chunk = IntervalCluster(length: 0)
                let next = chunk.firstSample(ofChunk: chunk.chunk(of: oldest) + 1)
                let step = max(1, (state.sample - oldest) / 8)
                oldest = keepsFew(state.sample) ? oldest + step : min(next, state.sample)
                return true
            case 1: if let minute, try drop(minute, query, &quota) { return true }
            default: if let hour, try drop(hour, query, &quota) { return true }
            }
        }
        return false
    }

    /// Removes a bucket and its rows. A minute of the hour at hand stays: the hour is made of it.
    private mutating func drop(_ bucket: RollupBucket, _ query: RollupQuery, _ quota: inout Int) throws -> Bool {
        let first = bucket.samples.lowerBound
        switch bucket.level {
        case .minute:
            guard let hour = try query.bucket(.hour), bucket.samples.upperBound <= hour.samples.upperBound else {
                return false
            }
        case .hour:
            guard let day = try query.bucket(.day), bucket.samples.upperBound <= day.samples.upperBound else {
                return false
            }
            oldestListener = bucket.samples.upperBound + 1
            // A day is kept as long as its hours.
            if let day = try query.oldest(.day), day.samples.upperBound <= bucket.samples.upperBound {
                _ = try drop(day, query, &quota)
            }
        case .day: break
        }
        let database = query.database
        try database.cachedStatement(sql: "DELETE FROM \(bucket.level.table) WHERE first = ?").execute(arguments: [
            first
        ])
        quota -= database.changesCount
        try database.cachedStatement(sql: "DELETE FROM bucket WHERE level = ? AND first = ?")
            .execute(arguments: [bucket.level.rawValue, first])
        if bucket.level != .minute, let oldest = try query.firstSample(after: 0) {
            // No bucket is left in which it can have a row. The newest of all stays, so that no number is given twice.
            try database.cachedStatement(
                sql: "DELETE FROM series WHERE until > 0 AND until < ? AND id < (SELECT max(id) FROM series)"
            ).execute(arguments: [oldest])
        }
        return true
    }

    // MARK: - Removing

    private mutating func remove(_ quota: inout Int, _ database: Database) throws {
        let samples = try database.cachedStatement(
            sql: "DELETE FROM sample WHERE number < ? AND number < (SELECT min(number) FROM sample) + ?")
        try samples.execute(arguments: [oldest, max(1, quota)])
        oldestKept = try Int.fetchOne(database.cachedStatement(sql: "SELECT min(number) FROM sample")) ?? oldest
        for (table, bound) in [(IntervalTable.sockets, oldestKept), (.listeners, oldestListener)] where bound > 0 {
            try removeChunks(of: table, before: bound, &quota, database)
        }
    }

    /// Removes the intervals that ended before the oldest sample from the chunks that may hold others.
    private mutating func prune(_ quota: inout Int, _ database: Database) throws {
        let delete = try database.cachedStatement(
            sql: "DELETE FROM interval WHERE cluster = ? AND start + (span >> \(IntervalKind.bits)) < ?")
        for cluster in IntervalCluster.all(upTo: Self.few) {
            for chunk in max(0, cluster.lastChunk(before: oldestKept) + 1)...cluster.chunk(of: oldestKept) {
                // The next sample goes on: what has been removed is soon passed.
                if quota <= 0 { return }
                let bound = oldestKept - cluster.firstSample(ofChunk: chunk)
                try delete.execute(arguments: [cluster.stored(chunk: chunk), bound])
                quota -= database.changesCount
            }
        }
        pruned = oldestKept
    }

    /// Removes the chunks in which every interval ended before a sample, the oldest of each class first.
    private func removeChunks(of table: IntervalTable, before bound: Int, _ quota: inout Int, _ database: Database)
        throws
    {
        let next = try HotStatement(
            database, "SELECT cluster FROM \(table.rawValue) WHERE cluster > ?1 ORDER BY cluster LIMIT 1")
        var position = -1
        while quota > 0 {
            next.bind(1, position)
            let stored: Int? = try next.next() ? next.int(0) : nil
            next.reset()
            guard let stored else { return }
            let cluster = try IntervalCluster(stored: stored, after: position)
            if cluster.chunk(stored: stored) <= cluster.lastChunk(before: bound) {
                quota -= try removeRows(of: table, cluster: stored, atMost: quota, database)
            } else {
                position = cluster.upperBound
            }
        }
    }

    private func removeRows(
        of table: IntervalTable, cluster: Int, atMost quota: Int, _ database: Database
    ) throws -> Int {
        let name = table.rawValue
        let end = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT local_port, start FROM \(name) WHERE cluster = ? LIMIT 1 OFFSET ?"),
            arguments: [cluster, quota])
        if let end {
            try database.cachedStatement(
                sql: "DELETE FROM \(name) WHERE cluster = ? AND (local_port, start) <= (?, ?)"
            ).execute(arguments: [cluster, try end.checked("local_port") as Int, try end.checked("start") as Int])
        } else {
            try database.cachedStatement(sql: "DELETE FROM \(name) WHERE cluster = ?").execute(arguments: [cluster])
        }
        return max(1, database.changesCount)
    }
}
