import GRDB

/// Notes until when a flow or a holder is needed, with the addresses and processes behind it: for a while ahead, so that a word that is
/// needed all the time is seldom written. What nobody needs any more can be removed by it.
struct WordUse {
    /// For what a word is needed.
    enum Purpose: String {
        /// An interval: as long as samples are kept.
        case used
        /// A listener or a series: as long as hours are kept.
        case kept
    }

    /// Where samples begin to count in the columns `used` and `kept`. What is below was written by the migration from schema 1: the
    /// last sample that needs the word is one of the 1024 that the number stands for.
    private static let base = 1 << 20

    /// Whether words with these values are not needed from a sample on, but for what has stood open since before.
    static func isPassed(used: Int, kept: Int, oldest: Int) -> Bool {
        let last = max(used, kept)
        return last < base ? (last + 1) << 10 <= oldest : last - base <= oldest
    }

    /// For how many samples ahead a word is noted: an eighth of those that are kept.
    var span = 8

    /// Chooses the span by the number of samples that are kept.
    mutating func fit(kept: Int) { span = min(1024, max(8, kept / 8)) }

    private struct Word: Hashable {
        var table: UInt8
        var purpose: Purpose
        var id: Int32
    }

    private var noted: [Word: Int32] = [:]
    private static let most = 1 << 15

    /// A flow is needed at a sample.
    mutating func note(flow: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard let end = next(Word(table: 0, purpose: purpose, id: flow), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE flow SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", end, flow, database)
        try run(
            """
            UPDATE address SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT local_address FROM flow WHERE id = ?2 UNION ALL SELECT remote_address FROM flow WHERE id = ?2)
            """, end, flow, database)
    }

    /// A holder is needed at a sample.
    mutating func note(holder: Int32, _ purpose: Purpose, at sample: Int, in database: Database) throws {
        guard let end = next(Word(table: 1, purpose: purpose, id: holder), at: sample) else { return }
        let column = purpose.rawValue
        try run("UPDATE holder SET \(column) = ?1 WHERE id = ?2 AND \(column) < ?1", end, holder, database)
        try run(
            """
            UPDATE process SET \(column) = ?1 WHERE \(column) < ?1 AND id IN
                (SELECT value FROM json_each((SELECT processes FROM holder WHERE id = ?2)))
            """, end, holder, database)
    }

    /// Until when a word that is needed at a sample is to be noted; `nil` when that has been done. Words that are noted together are
    /// not due together again.
    private mutating func next(_ word: Word, at sample: Int) -> Int? {
        if let end = noted[word], sample < end { return nil }
        if noted.count >= Self.most { noted.removeAll(keepingCapacity: true) }
        let end = sample + 1 + span / 2 + Int(word.id) % (span / 2)
        noted[word] = Int32(clamping: end)
        return Self.base + end
    }

    private func run(_ sql: String, _ end: Int, _ id: Int32, _ database: Database) throws {
        let statement = try HotStatement(database, sql)
        statement.bind(1, end)
        statement.bind(2, Int(id))
        try statement.run()
    }
}
