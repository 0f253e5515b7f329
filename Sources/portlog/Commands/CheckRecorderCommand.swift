import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check recorder`
struct CheckRecorderCommand: CheckCommand {
    static let configuration = CommandConfiguration(
        commandName: "recorder", abstract: "Whether a recorder runs, and how old its newest sample is, in seconds.",
        discussion: """
            Default: --warning and --critical at three and six of the recorder's intervals. Without a recorder, and while \
            samples are being lost, it is critical.
            """)

    static let service = "RECORDER"

    @OptionGroup var options: CheckOptions

    func check(in world: World) throws -> CheckResult {
        if options.namespace != nil {
            throw PortlogError(
                .usage, "--namespace is given", why: "there is one recorder for all namespaces",
                whatToDo: "Leave it out.")
        }
        let reader = try HistoryReader(path: options.database.path(in: world))
        let (newest, missed, lasting) = try reader.read { view in
            (try view.newestSample(), try view.missedSamples(), try view.openAlerts())
        }
        guard let newest else { throw NoSampleError.empty }
        let interval = max(1, Int(Double(newest.intervalMilliseconds) / 1000))
        let age = CheckFigure(
            label: "age", value: max(0, Double(world.now() - newest.takenAt) / 1000), unit: "s",
            warning: try options.range(options.warning, "\(3 * interval + 5)"),
            critical: try options.range(options.critical, "\(6 * interval + 30)"), minimum: 0,
            metric: .init(name: "recorder_sample_age_seconds", help: "How old the newest sample is."))
        let figures = [
            age,
            CheckFigure(
                label: "missed", value: Double(missed), minimum: 0,
                metric: .init(name: "recorder_missed_samples", help: "Ticks that left no sample.")),
            CheckFigure(
                label: "cpu", value: newest.cpuMilliseconds / 1000, unit: "s", minimum: 0,
                metric: .init(name: "recorder_sample_cpu_seconds", help: "CPU time of the newest sample.")),
            CheckFigure(
                label: "alerts", value: Double(lasting), minimum: 0,
                metric: .init(name: "alerts_open", help: "Alerts that have not ended.")),
        ]
        var status = age.status
        var text = "sample \(newest.number) is \(HumanFormat.duration(milliseconds: Int64(age.value * 1000))) old"
        if let loss = reader.loss {
            status = .critical
            text = "samples are being lost: \(loss.cause); " + text
        } else if !reader.isRecording {
            status = .critical
            text = "no recorder is running; " + text
        }
        return CheckResult(service: Self.service, status: status, text: text, figures: figures)
    }
}
