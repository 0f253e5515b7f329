import PortModel

/// What `doctor` finds in how the host is recorded.
struct RecordingChecks {
    private let scene: PortScene
    private let recording: DoctorRecording
    private var history: DoctorHistory? { recording.history }
    private let foreignNamespaces: Int?

    init(_ scene: PortScene, _ recording: DoctorRecording, foreignNamespaces: Int?) {
        self.scene = scene
        self.recording = recording
        self.foreignNamespaces = foreignNamespaces
    }

    var findings: [DoctorFinding] { [recorder, privileges, interval, namespaces].compactMap { $0 } }

    private func finding(
        _ check: DoctorFinding.Check, _ severity: DoctorFinding.Severity, _ explanation: String, _ remedies: [String]
    ) -> DoctorFinding {
        DoctorFinding(
            check: check, severity: severity, namespace: scene.namespace, explanation: explanation, remedies: remedies)
    }

    private var recorder: DoctorFinding? {
        let start = ["systemctl enable --now portlog, or portlog record"]
        switch recording {
        case .none:
            return finding(
                .recorder, .warning, "There is no history: what happens now cannot be explained afterwards.", start)
        case .denied(let path):
            return finding(
                .recorder, .info,
                "The history \(path) may not be read by this user: whether anything records is not known, and what was before now is not in the answers.",
                [
                    "Join the group of the file, which the package calls portlog (usermod -aG portlog NAME), or run it as root"
                ]
            )
        case .unusable(let why, let whatToDo):
            return finding(
                .recorder, .warning, "There is a history that cannot be used: \(why).",
                whatToDo.isEmpty ? [] : [whatToDo])
        case .known(let history):
            if history.isRecording || !scene.isPresent { return nil }
            return finding(
                .recorder, .warning, "Nothing records: the history ends at \(history.newest.takenAt.rfc3339).", start)
        }
    }

    private var privileges: DoctorFinding? {
        let denied = max(scene.permissionDenied, history?.newest.permissionDenied ?? 0)
        if denied == 0 { return nil }
        let who = history.map { $0.newest.permissionDenied > 0 } == true ? "The recorder" : "This user"
        return finding(
            .privileges, who == "The recorder" ? .warning : .info,
            "\(who) may not look into \(denied) \(denied == 1 ? "process" : "processes"): their sockets have no owner in the answers.",
            ["Give it CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, as the systemd unit does, or run it as root"])
    }

    /// A connection that its peer closes leaves nothing; one that is closed here leaves TIME_WAIT for a minute.
    private var interval: DoctorFinding? {
        guard let interval = history?.newest.intervalMilliseconds, interval > 30_000 else { return nil }
        return finding(
            .interval, interval > 60_000 ? .warning : .info,
            "A sample is taken every \(interval / 1000) s: connections shorter than that are seen by their TIME_WAIT at most, and \(interval > 60_000 ? "even that is missed" : "those that the peer closes first not at all").",
            ["portlog record --interval 10s"])
    }

    private var namespaces: DoctorFinding? {
        guard scene.isPresent, let foreignNamespaces, foreignNamespaces > 0 else { return nil }
        let recorded = max(0, (history?.namespaces ?? 1) - 1)
        if history == nil || recorded >= foreignNamespaces { return nil }
        return finding(
            .namespaces, .info,
            "Processes live in \(foreignNamespaces) other network \(foreignNamespaces == 1 ? "namespace" : "namespaces"), of which \(recorded) \(recorded == 1 ? "is" : "are") recorded.",
            ["portlog record --namespaces all, with CAP_SYS_PTRACE; portlog status lists those that are recorded"])
    }
}
