import PortHistory
import PortModel

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
