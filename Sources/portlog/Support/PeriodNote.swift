import PortHistory
import PortModel
import PortReports

/// Tells how an answer about a period of which not every sample is kept differs from one of which it is: what it is widened to, and
/// what it cannot know.
struct PeriodNote: Equatable {
    /// What is said, without a full stop at its end.
    let text: String

    /// What to say about a period; `nil` while all its samples are kept.
    ///
    /// - Parameter untold: what the question cannot tell of the time before the kept samples, as a clause; `nil` where it tells
    ///   everything.
    init?(_ view: HistoryView, _ query: PeriodQuery, untold: String?) throws {
        guard let newest = try view.newestSample(), let oldest = try view.oldestSample(),
            let first = try view.oldestMoment()
        else { return nil }
        let end = query.until ?? newest.takenAt
        let start = query.since ?? end - Period.defaultLength
        // Mostly everything that is asked for is kept, which is quick to see.
        if oldest.number == 1 || start >= oldest.takenAt { return nil }
        let period = try Period(view, query)
        guard period.samples.lowerBound < oldest.number else { return nil }
        var notes: [String] = []
        if period.until != end || (period.since != start && start >= first) {
            notes.append(
                "minutes, hours and days are all that is kept of that time, so the answer is about \(period.since) to "
                    + "\(period.until)")
        }
        if let untold { notes.append("\(untold) before \(oldest.takenAt), where every sample begins to be kept") }
        if notes.isEmpty { return nil }
        text = notes.joined(separator: "; ")
    }
}
