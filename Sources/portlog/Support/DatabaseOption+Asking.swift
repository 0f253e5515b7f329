import PortHistory
import PortModel

extension DatabaseOption {
    /// Opens the history and asks it, in one short read transaction. A note on standard error says when the answer is
    /// about an earlier time than was asked for: ``StaleNote``.
    ///
    /// - Parameter end: The moment asked for, or the end of the period; `nil` where that is the newest sample.
    /// - Returns: What the question returned.
    func ask<Answer>(
        in world: World, upTo end: Timestamp?, _ question: (HistoryView) throws -> Answer
    ) throws -> Answer {
        try ask(HistoryReader(path: path(in: world)), in: world, upTo: end, question)
    }

    /// Asks a history that is open already.
    func ask<Answer>(
        _ reader: HistoryReader, in world: World, upTo end: Timestamp?, _ question: (HistoryView) throws -> Answer
    ) throws -> Answer {
        let (answer, note) = try reader.read { view in
            (try question(view), try StaleNote(view, upTo: end, now: world.now()))
        }
        if let note { world.note("note: \(note.text)") }
        return answer
    }
}
