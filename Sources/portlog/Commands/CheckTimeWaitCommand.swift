import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check time-wait`
struct CheckTimeWaitCommand: CheckCommand {
    static let configuration = CommandConfiguration(
        commandName: "time-wait", abstract: "Sockets in TIME_WAIT against tcp_max_tw_buckets, in percent.",
        discussion: "Default: --warning 80 --critical 95.")

    static let service = "TIME-WAIT"

    @OptionGroup var options: CheckOptions

    func check(in world: World) throws -> CheckResult {
        let (warning, critical) = (try options.range(options.warning, "80"), try options.range(options.critical, "95"))
        let (report, stale) = try options.ask(in: world) { view in
            let filter = SocketFilter(namespace: options.namespace)
            let query = TimeWaitQuery(period: try options.recent(view), filter: filter, limit: 1)
            return (try TimeWaitReport.make(view, query), try options.staleness(view, world.now()))
        }
        let limit = max(1, report.limit ?? 1)
        let share = CheckFigure(
            label: "used", value: 100 * Double(report.now) / Double(limit), unit: "%", warning: warning,
            critical: critical, minimum: 0, maximum: 100,
            metric: .init(
                name: "time_wait_limit_ratio", help: "Sockets in TIME_WAIT of tcp_max_tw_buckets.", scale: 0.01))
        let count = CheckFigure(
            label: "time_wait", value: Double(report.now), minimum: 0, maximum: Double(limit),
            metric: .init(name: "time_wait_sockets", help: "Sockets in TIME_WAIT."))
        let text =
            "\(HumanFormat.count(report.now, "socket")) in TIME_WAIT, the limit is \(report.limit.map(String.init) ?? "unknown")"
        let status = report.limit == nil ? CheckStatus.unknown : share.status
        return CheckResult(service: Self.service, status, text, [share, count], stale)
    }
}
