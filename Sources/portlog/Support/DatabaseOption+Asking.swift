import PortHistory
import PortModel

extension DatabaseOption {
    /// Opens the history and asks it, in one short read transaction.
    ///
    /// - Parameter newest: Whether the answer is about the newest sample. A note on standard error then says how old
    /// that
    ///   is, when it is older than it should be: the recorder has stopped, and the answer is about the time before.
    /// - Returns: What the question returned.
    func ask<Answer>(in world: World, newest: Bool, _ question: (HistoryView) throws -> Answer) throws -> Answer {
        let reader = try HistoryReader(path: path(in: world))
        let (answer, sample) = try reader.read { view in (try question(view), try view.newestSample()) }
        if newest, let sample, let note = Self.note(about: sample, now: world.now()) { world.note("note: \(note)") }
        return answer
    }

    /// What to say about the age of the newest sample; `nil` while it is as young as the recorder's interval lets it
    /// be.
    static func note(about sample: SampleRecord, now: Timestamp) -> String? {
        let age = now - sample.takenAt
        // One interval, one sample that was late, and a moment for the sample itself.
        let patience = 2 * Int64(sample.intervalMilliseconds) + 5000
        guard age > patience else { return nil }
        let text = HumanFormat.duration(milliseconds: age)
        return "the newest sample is \(text) old, taken at \(sample.takenAt); is the recorder running?"
    }
}
