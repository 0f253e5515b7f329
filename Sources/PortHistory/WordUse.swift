import GRDB

/// Notes when a flow or a holder was last needed, with the addresses and processes behind it: at most once in an era of 64 samples,
/// so that it costs next to nothing. What nobody needs any more can be removed by it.
struct WordUse {
    /// For what a word is needed.
    enum Purpose: String {
        /// An interval: as long as samples are kept.
        case used
        /// A listener or a series: as long as hours are kept.
        case kept
    }

    private static let eraLength = 64
    /// Where eras begin to count in the columns `used` and `kept`. What is below was written by the migration from schema 1, and
    /// counts in 1024 samples.
    private static let base = 1 << 20

    /// Which values say that a word is not needed since a sample: those below `era`, but for old ones that are not below `old`.
    struct Bound {
        fileprivate let era: Int
        fileprivate let old: Int

        /// Nothing before this sample is kept.
        init(oldest: Int) {
            era = WordUse.base + oldest / WordUse.eraLength
            old = oldest >> 10
        }

        /// Whether nothing needs a word with these values, but for what has stood open since before.
        func isPassed(used: Int, kept: Int) -> Bool {
            let last = max(used, kept)
            return last < (last < WordUse.base ? old : era)
        }
    }

    private struct Word: Hashable {
        var table: UInt8
        var purpose: Purpose
        var id: Int32
    }

    private var noted: [Word: Int32] = [:]
    private static let most = 1 << 15

    /// A flow is needed at a sample.
    mutating func note(flow: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard let era = next(Word(table: 0, purpose: purpose, id: flow), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE flow SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", era, flow, database)
        try run(
            """
            UPDATE address SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT local_address FROM flow WHERE id = ?2 UNION ALL SELECT remote_address FROM flow WHERE id = ?2)
            """, era, flow, database)
    }

    /// A holder is needed at a sample.
    mutating func note(holder: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard let era = next(Word(table: 1, purpose: purpose, id: holder), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE holder SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", era, holder, database)
        try run(
            """
            UPDATE process SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT value FROM json_each((SELECT processes FROM holder WHERE id = ?2)))
            """, era, holder, database)
    }

    /// The era of a word at a sample, unless it has been noted. Each word has eras of its own, so that there is no sample in which all
    /// of them begin: a word counts as needed for at most an era longer than it is.
    private mutating func next(_ word: Word, at sample: Int) -> Int? {
        let era = Self.base + (sample + Int(word.id) % Self.eraLength) / Self.eraLength
        if noted[word] == Int32(truncatingIfNeeded: era) { return nil }
        if noted.count >= Self.most { noted.removeAll(keepingCapacity: true) }
        noted[word] = Int32(truncatingIfNeeded: era)
        return era
    }

    private func run(_ sql: String, _ era: Int, _ id: Int32, _ database: Database) throws {
        let statement = try HotStatement(database, sql)
        statement.bind(1, era)
        statement.bind(2, Int(id))
        try statement.run()
    }
}
