import PortHistory
import PortModel

/// Port risks of a host before they bite: `portlog doctor`.
public struct DoctorReport: Encodable, Sendable {
    /// `doctor`.
    public var command = "doctor"
    /// The host.
    public var host: String
    /// The moment looked at.
    public var at: Timestamp
    /// The sample that was looked at; `null` for the present.
    @ExplicitNull public var sample: SampleDocument?
    /// How many findings the limit left out.
    public var omitted = 0
    /// The findings, the most severe first.
    public var findings: [DoctorFinding]

    /// The findings about a scene.
    ///
    /// - Parameters:
    ///   - recording: what a history tells of the time before.
    ///   - namespaces: how many other network namespaces processes live in; `nil` where that is not known.
    ///   - limit: how many findings at most; 0: all.
    public init(_ scene: PortScene, _ recording: DoctorRecording, namespaces: Int?, limit: Int = 0) {
        host = scene.host
        at = scene.at
        sample = scene.sample
        let all =
            (PortChecks(scene).findings
            + RecordingChecks(scene, recording, foreignNamespaces: namespaces).findings)
            .sorted { $0.severity < $1.severity }
        findings = Array(all.limited(to: limit))
        omitted = all.count - findings.count
    }
}
