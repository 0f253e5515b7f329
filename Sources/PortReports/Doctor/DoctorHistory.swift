import PortHistory
import PortModel

/// What there is of a history, for `doctor`.
public enum DoctorRecording: Sendable {
    /// There is no history.
    case none
    /// There is one that this user may not read; its path.
    case denied(path: String)
    /// There is one that cannot be read; why, and what to do.
    case unusable(why: String, whatToDo: String)
    /// What it tells of its own recording.
    case known(DoctorHistory)

    /// What it tells, where it can be asked.
    var history: DoctorHistory? { if case .known(let history) = self { history } else { nil } }
}

/// What a history tells `doctor` of its own recording.
public struct DoctorHistory: Sendable {
    /// The newest sample.
    var newest: SampleRecord
    /// How many network namespaces were recorded in it, the recorder's own included.
    var namespaces: Int
    /// Whether a recorder holds the database now.
    var isRecording: Bool

    /// Reads it; `nil` of a history without a sample.
    public init?(_ view: HistoryView, at moment: Timestamp?, isRecording: Bool) throws {
        guard let sample = try moment.map({ try view.sample(notAfter: $0) }) ?? view.newestSample() else { return nil }
        newest = sample
        namespaces = try view.namespaces(at: sample.number).count
        self.isRecording = isRecording
    }
}
