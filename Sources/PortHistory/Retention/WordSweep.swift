import GRDB

/// Removes words that nobody needs any more (flows, addresses, holders, processes, programs): a part of the tables with each sample,
/// at such a pace that all of them are looked at four times while every sample that is kept is replaced.
struct WordSweep {
    private static let tables = ["flow", "address", "holder", "process"]
    private static let passes = 4.0
    /// What is due is spread over as many samples.
    private static let spread = 16.0

    /// The pass over a table that is at hand.
    private struct Pass {
        /// Nothing before this sample was kept when it began.
        var oldest: Int
        /// Words that are needed although they were last noted before that.
        var needed: Set<Int>
        /// Up to here it has been looked at.
        var position = 0
        /// The highest number when it began. That one stays, so that no number is given twice.
        var highest: Int
        var rows = 0
        var removed = 0
    }

    private var table = 0
    private var pass: Pass?
    /// How many rows each table has, as far as that is known.
    private var sizes: [Int?] = tables.map { _ in nil }
    /// How many passes over all tables are due.
    private var due = 1.0
    private var oldest = 0

    /// What is needed may be otherwise than it was, and what was removed may be there again.
    mutating func restart() {
        pass = nil
        due = max(due, 1)
    }

    /// Whether much of what the last removed samples needed may still be there.
    var isBehind: Bool { due > 0.25 }

    /// Looks at a part of the tables.
    ///
    /// - Parameters:
    ///   - oldest: the oldest sample that is kept.
    ///   - newest: the newest sample.
    ///   - open: the sockets that stand open.
    ///   - book: the series that are recorded; their holders are written when a minute is over.
    /// - Returns: Whether something was removed, so that what is remembered of these tables is void.
    mutating func sweep(
        oldest: Int, newest: Int, _ open: OpenSockets, _ book: SeriesBook, _ database: Database
    ) throws -> Bool {
        let moved = self.oldest == 0 ? 0 : max(0, oldest - self.oldest)
        self.oldest = oldest
        due = min(2, due + Self.passes * Double(moved) / Double(max(1, newest - oldest + 1)))
        if due < 1e-6 { return false }
        let share = min(due, max(due / Self.spread, 1e-3))
        due -= share
        var rows = 16 + Int(share * Double(try size(database)))
        var turns = 0
        var isChanged = false
        while rows > 0, turns <= Self.tables.count {
            let before = pass?.removed ?? 0
            let seen = try look(rows, open, book, database)
            rows -= seen
            isChanged = isChanged || (pass?.removed ?? 0) > before
            if rows > 0 {
                if try end(database) { isChanged = true }
                turns += 1
            }
        }
        return isChanged
    }

    /// How many rows all tables have, about: as many as the last pass has found, at first no more than there are numbers.
    private mutating func size(_ database: Database) throws -> Int {
        for (index, name) in Self.tables.enumerated() where sizes[index] == nil {
            sizes[index] = try Int.fetchOne(database, sql: "SELECT max(id) FROM \(name)") ?? 0
        }
        return sizes.reduce(0) { $0 + ($1 ?? 0) }
    }

    /// Looks at the next rows of the table at hand, and says how many there were.
    private mutating func look(
        _ count: Int, _ open: OpenSockets, _ book: SeriesBook, _ database: Database
    ) throws -> Int {
        let name = Self.tables[table]
        var pass =
            try self.pass
            ?? Pass(
                oldest: oldest, needed: try Self.needed(name, open, book, since: oldest, database),
                highest: try Int.fetchOne(database, sql: "SELECT max(id) FROM \(name)") ?? 0)
        defer { self.pass = pass }
        let select = try HotStatement(
            database, "SELECT id, used, kept FROM \(name) WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3")
        select.bind(1, pass.position)
        select.bind(2, pass.highest)
        select.bind(3, count)
        var seen = 0
        var passed: [Int] = []
        while try select.next() {
            seen += 1
            pass.position = select.int(0)
            let isPassed = WordUse.isPassed(used: select.int(1), kept: select.int(2), oldest: pass.oldest)
            if isPassed, !pass.needed.contains(pass.position) { passed.append(pass.position) }
        }
        let delete = try HotStatement(database, "DELETE FROM \(name) WHERE id = ?1")
        for id in passed {
            delete.bind(1, id)
            try delete.run()
        }
        pass.rows += seen - passed.count
        pass.removed += passed.count
        return seen
    }

    /// Statements that remove every word of a range of numbers that nothing in the history refers to. They read all of it.
    static let removingUnused = [
        (
            table: "flow",
            statement: """
            DELETE FROM flow WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM flow) AND id NOT IN (
                SELECT flow FROM interval UNION SELECT flow FROM listener_interval UNION SELECT flow FROM open_interval)
            """
        ),
        (
            table: "address",
            statement: """
            DELETE FROM address WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM address) AND id NOT IN (
                SELECT local_address FROM flow UNION SELECT remote_address FROM flow)
            """
        ),
        (
            table: "holder",
            statement: """
            DELETE FROM holder WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM holder) AND id NOT IN (
                SELECT holder FROM interval UNION SELECT holder FROM listener_interval
                UNION SELECT holder FROM open_interval UNION SELECT holder FROM listened_port
                UNION SELECT holder FROM series_now)
            """
        ),
        (
            table: "process",
            statement: """
            DELETE FROM process WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM process) AND id NOT IN (
                SELECT value FROM holder, json_each(processes))
            """
        ), (table: "program", statement: removingPrograms),
    ]

    /// Programs are what processes need.
    private static let removingPrograms = """
        DELETE FROM program WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM program)
            AND id NOT IN (SELECT program FROM process)
        """

    /// Ends the pass over a table, and says whether something was removed.
    private mutating func end(_ database: Database) throws -> Bool {
        defer {
            table = (table + 1) % Self.tables.count
            pass = nil
        }
        guard let pass else { return false }
        sizes[table] = pass.rows
        guard Self.tables[table] == "process", pass.removed > 0 else { return false }
        try database.execute(sql: Self.removingPrograms, arguments: [0, Int.max])
        return database.changesCount > 0
    }

    // MARK: - What is needed

    /// Words that are needed and need not have been noted since a sample: what stood open before it began stands open still, or
    /// listeners and series need them, which are kept longer than samples.
    private static func needed(
        _ table: String, _ open: OpenSockets, _ book: SeriesBook, since sample: Int, _ database: Database
    ) throws -> Set<Int> {
        var words = Set<Int>()
        let isOfFlow = table == "flow" || table == "address"
        for socket in open.slots where socket.seen != 0 && socket.id != 0 && Int(socket.first) < sample {
            words.insert(Int(isOfFlow ? socket.flow : socket.holder))
        }
        if !isOfFlow { for index in book.live { words.insert(Int(book.meters[index].holder)) } }
        let others =
            isOfFlow
            ? "SELECT flow FROM listener_interval"
            : """
            SELECT holder FROM listener_interval UNION SELECT holder FROM listened_port UNION SELECT holder FROM series_now
            """
        words.formUnion(try Int.fetchSet(database, sql: others))
        switch table {
        case "address":
            return try behind(
                words,
                "SELECT local_address FROM flow WHERE id = ?1 UNION SELECT remote_address FROM flow WHERE id = ?1",
                database)
        case "process":
            return try behind(
                words, "SELECT value FROM json_each((SELECT processes FROM holder WHERE id = ?1))", database)
        default: return words
        }
    }

    private static func behind(_ words: Set<Int>, _ select: String, _ database: Database) throws -> Set<Int> {
        let statement = try HotStatement(database, select)
        defer { statement.reset() }
        var behind = Set<Int>()
        for word in words {
            statement.bind(1, word)
            while try statement.next() { behind.insert(statement.int(0)) }
        }
        return behind
    }
}
