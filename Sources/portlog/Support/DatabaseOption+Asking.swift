import PortHistory
import PortModel
import PortReports

extension DatabaseOption {
    /// Opens the history and asks it about a period, in one short read transaction: with the notes of
    /// ``ask(in:upTo:about:_:)``, and a ``PeriodNote``.
    ///
    /// - Parameter untold: What the question cannot tell where not every sample is kept, as a clause.
    func ask<Answer>(
        in world: World, _ period: PeriodQuery, about filter: SocketFilter, untold: String? = nil,
        _ question: (HistoryView) throws -> Answer
    ) throws -> Answer {
        let (answer, note) = try ask(in: world, upTo: period.until, about: filter) { view in
            (try question(view), try PeriodNote(view, period, untold: untold)?.text)
        }
        if let note { world.note("note: \(note)") }
        return answer
    }

    /// Opens the history and asks it, in one short read transaction. A note on standard error says when the answer is
    /// about an earlier time than was asked for, or about a namespace that the history does not know: ``StaleNote``,
    /// ``NamespaceNote``.
    ///
    /// - Parameters:
    ///   - end: The moment asked for, or the end of the period; `nil` where that is the newest sample.
    ///   - filter: Which sockets the question is about.
    ///   - question: Asks.
    /// - Returns: What the question returned.
    func ask<Answer>(
        in world: World, upTo end: Timestamp?, about filter: SocketFilter,
        _ question: (HistoryView) throws -> Answer
    ) throws -> Answer {
        try ask(HistoryReader(path: path(in: world)), in: world, upTo: end, about: filter, question)
    }

    /// Asks a history that is open already.
    func ask<Answer>(
        _ reader: HistoryReader, in world: World, upTo end: Timestamp?, about filter: SocketFilter,
        _ question: (HistoryView) throws -> Answer
    ) throws -> Answer {
        let (answer, notes) = try reader.read { view in
            let answer = try question(view)
            let notes = [
                try NamespaceNote(view, namespace: filter.namespace)?.text,
                try StaleNote(view, upTo: end, now: world.now(), isLosing: reader.loss != nil)?.text,
            ]
            return (answer, notes.compactMap { $0 })
        }
        for note in notes { world.note("note: \(note)") }
        return answer
    }
}
