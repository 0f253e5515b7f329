import GRDB

/// Notes when a flow or a holder was last needed, with the addresses and processes behind it: at most once in 1024 samples, so that
/// it costs next to nothing. What nobody needs any more can be removed by it.
struct WordUse {
    /// For what a word is needed.
    enum Purpose: String {
        /// An interval: as long as samples are kept.
        case used
        /// A listener or a series: as long as hours are kept.
        case kept
    }

    /// A sample's era, as the columns `used` and `kept` have it.
    static func era(of sample: Int) -> Int { sample >> 10 }

    private struct Word: Hashable {
        var table: UInt8
        var purpose: Purpose
        var id: Int32
    }

    private var era = -1
    private var noted: Set<Word> = []
    private static let most = 1 << 15

    /// A flow is needed at a sample.
    mutating func note(flow: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard isNew(Word(table: 0, purpose: purpose, id: flow), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE flow SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", flow, database)
        try run(
            """
            UPDATE address SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT local_address FROM flow WHERE id = ?2 UNION ALL SELECT remote_address FROM flow WHERE id = ?2)
            """, flow, database)
    }

    /// A holder is needed at a sample.
    mutating func note(holder: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard isNew(Word(table: 1, purpose: purpose, id: holder), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE holder SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", holder, database)
        try run(
            """
            UPDATE process SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT value FROM json_each((SELECT processes FROM holder WHERE id = ?2)))
            """, holder, database)
    }

    private mutating func isNew(_ word: Word, at sample: Int) -> Bool {
        if Self.era(of: sample) != era || noted.count >= Self.most {
            era = Self.era(of: sample)
            noted.removeAll(keepingCapacity: true)
        }
        return noted.insert(word).inserted
    }

    private func run(_ sql: String, _ id: Int32, _ database: Database) throws {
        let statement = try HotStatement(database, sql)
        statement.bind(1, era)
        statement.bind(2, Int(id))
        try statement.run()
    }
}
