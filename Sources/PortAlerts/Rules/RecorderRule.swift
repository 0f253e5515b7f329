import PortHistory
import PortModel

/// `recorder`: samples are being lost, ticks missed, or a permission is gone.
struct RecorderRule {
    /// Over which time missed ticks are counted, in milliseconds.
    private static let window: Int64 = 600_000
    /// So large a part of all ticks may be missed.
    private static let tolerated = 0.1
    /// So many lost samples in a row are no accident.
    private static let lost = 2

    private var ticks: [(time: Int64, missed: Int)] = []
    private var permissions = PermissionLevel()
    private var isFirst = true

    /// A rule that knows how many processes could not be looked into in the samples of the last hour.
    init(permissionDenied recorded: [Int] = []) {
        for denied in recorded { permissions.note(denied) }
    }

    private func subject(_ part: String) -> AlertSubject { AlertSubject(.recorder, detail: part) }

    /// Looks at a sample that was written.
    mutating func evaluate(_ sample: SampleRecord, at now: Moment, _ stories: inout AlertStories) {
        let settings = stories.configuration.settings(.recorder, subject("")) { [] }
        if let last = ticks.last, last.time >= now.boot { ticks = [] }
        ticks.append((now.boot, sample.missed))
        while let first = ticks.first, first.time < now.boot - Self.window { ticks.removeFirst() }
        let missed = ticks.reduce(0) { $0 + $1.missed }
        let share = Double(missed) / Double(missed + ticks.count)
        let isMissing = missed >= 3 && share >= Self.tolerated
        observe("missed_samples", Double(missed), isMissing ? .warning : nil, settings, at: now, &stories) {
            .init(
                message: "the recorder missed \(missed) of its last \(missed + ticks.count) samples",
                advice: [
                    "A sample takes longer than the interval, or the host is overloaded: portlog status shows what one costs",
                    "Give it a longer --interval",
                ])
        }
        observe("lost_samples", 0, nil, settings, at: now, &stories) { .init(message: "") }

        judgePermission(sample.permissionDenied, settings, at: now, &stories)
    }

    private mutating func judgePermission(
        _ denied: Int, _ settings: RuleSettings, at now: Moment, _ stories: inout AlertStories
    ) {
        if isFirst, let alert = stories.openAlert(.recorder, subject("permission")) {
            permissions.note(alertOf: Int(alert.peak))
        }
        isFirst = false
        permissions.note(denied)
        let isDenied = permissions.isExceeded(by: denied)
        let before = permissions.value ?? 0
        observe("permission", Double(denied), isDenied ? .warning : nil, settings, at: now, &stories) {
            .init(
                message:
                    "\(denied) processes cannot be looked into\(before == 0 ? " any more" : ", which were \(before) before"): their sockets are recorded without an owner",
                advice: ["The recorder needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: systemctl cat portlog"])
        }
    }

    /// Looks at samples that were lost.
    func evaluate(_ loss: RecorderLoss, at now: Moment, _ stories: inout AlertStories) {
        let settings = stories.configuration.settings(.recorder, subject("lost_samples")) { [] }
        let severity: AlertSeverity? = loss.samples >= Self.lost ? .critical : nil
        observe("lost_samples", Double(loss.samples), severity, settings, at: now, &stories) {
            .init(
                message: "samples are being lost since \(loss.since): \(loss.cause)",
                advice: ["portlog status says how many; make room, or end the reader that is named"])
        }
    }

    private func observe(
        _ part: String, _ value: Double, _ severity: AlertSeverity?, _ settings: RuleSettings, at now: Moment,
        _ stories: inout AlertStories, _ tell: () -> Observation.Telling
    ) {
        stories.observe(
            .recorder, subject(part),
            Observation(
                value, severity, rest: .isNow(severity == nil), hold: settings.hold, isEnabled: settings.isEnabled),
            at: now
        ) { _ in tell() }
    }
}
