import PortHistory
import PortModel

/// Tells that an answer is about an earlier time than was asked for: the recorder has stopped, or had at that time.
///
/// The rule is the same for every question. The newest sample up to the end of what was asked, but not beyond the present,
/// is older than the recorder's interval lets it be.
struct StaleNote: Equatable {
    /// What is said, without a full stop.
    let text: String

    /// What to say about an answer; `nil` when there is nothing to say.
    ///
    /// - Parameter end: The moment asked for, or the end of the period; `nil` where that is the newest sample.
    init?(_ view: HistoryView, upTo end: Timestamp?, now: Timestamp, isLosing: Bool) throws {
        guard let newest = try view.newestSample() else { return nil }
        // A clock that was set back leaves samples of the future: they are what is newest.
        guard let end, end < newest.takenAt else {
            self.init(newest: newest, upTo: min(end ?? now, now), now: now, isLosing: isLosing)
            return
        }
        guard let sample = try view.sample(notAfter: end) else { return nil }
        self.init(sample, upTo: end)
    }

    /// About the newest sample of all.
    init?(newest: SampleRecord, upTo end: Timestamp, now: Timestamp, isLosing: Bool) {
        guard end - newest.takenAt > Self.patience(newest) else { return nil }
        let age = HumanFormat.duration(milliseconds: now - newest.takenAt)
        let question = isLosing ? "samples are being lost: 'portlog status' says why" : "is the recorder running?"
        text = "the newest sample is \(age) old, taken at \(newest.takenAt); \(question)"
    }

    /// About the sample that is the newest up to a moment of the past.
    private init?(_ sample: SampleRecord, upTo end: Timestamp) {
        guard end - sample.takenAt > Self.patience(sample) else { return nil }
        let age = HumanFormat.duration(milliseconds: end - sample.takenAt)
        text = "nothing was recorded for \(age) before \(end); the sample before that is of \(sample.takenAt)"
    }

    /// How old a sample may be: one interval, one sample that was late, and a moment for the sample itself.
    private static func patience(_ sample: SampleRecord) -> Int64 { 2 * Int64(sample.intervalMilliseconds) + 5000 }
}
