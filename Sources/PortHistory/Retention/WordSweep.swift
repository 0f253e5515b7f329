import GRDB

/// Removes words that nobody needs any more (flows, addresses, holders, processes): a part of them now and then.
struct WordSweep {
    /// Every so many samples a part of a table is looked at.
    private static let period = 64
    /// So many rows are looked at, or a sixteenth of the table where that is more.
    private static let part = 4096

    private static let tables = ["flow", "holder", "address", "process"]
    private var turn = 0
    private var positions: [String: Int] = [:]

    /// Looks at a part of a table, if it is time to.
    ///
    /// - Parameters:
    ///   - oldest: the oldest sample that is kept, and the oldest for which there are hours.
    ///   - open: the sockets that stand open.
    /// - Returns: Whether something was removed, so that what is remembered of these tables is void.
    mutating func sweep(
        sample: Int, oldest: (sample: Int, hour: Int), _ open: OpenSockets, _ database: Database
    ) throws -> Bool {
        guard sample.isMultiple(of: Self.period) else { return false }
        let (used, kept) = (WordUse.era(of: oldest.sample), WordUse.era(of: oldest.hour))
        if used == 0 { return false }
        let table = Self.tables[turn % Self.tables.count]
        turn += 1
        let start = positions[table] ?? 0
        let highest = try Int.fetchOne(database, sql: "SELECT max(id) FROM \(table)") ?? 0
        let end = start + max(Self.part, highest / 16)
        positions[table] = end >= highest ? 0 : end
        var candidates = try Int.fetchAll(
            database, sql: "SELECT id FROM \(table) WHERE id > ? AND id <= ? AND used < ? AND kept < ?",
            arguments: [start, end, used, kept])
        if candidates.isEmpty { return false }
        // Flows and holders of open sockets were noted when these began, which may be long ago; what stands behind them as well.
        let needed = try Self.needed(table, open, database)
        candidates.removeAll { needed.contains($0) }
        let delete = try HotStatement(database, "DELETE FROM \(table) WHERE id = ?1")
        for id in candidates {
            delete.bind(1, id)
            try delete.run()
        }
        return !candidates.isEmpty
    }

    private static func needed(_ table: String, _ open: OpenSockets, _ database: Database) throws -> Set<Int> {
        var words = Set<Int>()
        let isOfFlow = table == "flow" || table == "address"
        for socket in open.slots where socket.seen != 0 && socket.id != 0 {
            words.insert(Int(isOfFlow ? socket.flow : socket.holder))
        }
        if !isOfFlow {
            let others = "SELECT holder FROM listened_port UNION SELECT holder FROM series_now"
            words.formUnion(try Int.fetchAll(database, sql: others))
        }
        let select: String
        switch table {
        case "address":
            select = "SELECT local_address FROM flow WHERE id = ?1 UNION SELECT remote_address FROM flow WHERE id = ?1"
        case "process": select = "SELECT value FROM json_each((SELECT processes FROM holder WHERE id = ?1))"
        default: return words
        }
        let statement = try HotStatement(database, select)
        var behind = Set<Int>()
        for word in words {
            statement.bind(1, word)
            while try statement.next() { behind.insert(statement.int(0)) }
            statement.reset()
        }
        return behind
    }
}
