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
        // Each namespace has a limit of its own.
        let (counts, stale) = try options.ask(in: world) { view in
            guard let newest = try view.newestSample() else { throw NoSampleError.empty }
            let names = try options.namespace.map { [$0] } ?? view.namespaces(at: newest.number).map(\.name)
            let period = try options.recent(view)
            return try names.map { name in
                let filter = SocketFilter(namespace: name)
                let report = try TimeWaitReport.make(view, TimeWaitQuery(period: period, filter: filter, limit: 1))
                return Count(namespace: name, now: report.now, limit: report.limit)
            }
        }
        guard let worst = counts.max(by: { $0.share < $1.share }) else { throw NoSampleError.empty }
        let share = CheckFigure(
            label: "used", value: 100 * worst.share, unit: "%", warning: warning,
            critical: critical, minimum: 0, maximum: 100,
            metric: .init(
                name: "time_wait_limit_ratio", help: "Sockets in TIME_WAIT of tcp_max_tw_buckets.", scale: 0.01))
        let count = CheckFigure(
            label: "time_wait", value: Double(worst.now), minimum: 0, maximum: worst.limit.map(Double.init),
            metric: .init(
                name: "time_wait_sockets", help: "Sockets in TIME_WAIT, in the namespace that is nearest to its limit.",
                labels: [.init(name: "namespace", value: worst.namespace)]))
        let place = worst.namespace == Snapshot.hostNamespace ? "" : " in the namespace \(worst.namespace)"
        let text =
            "\(HumanFormat.count(worst.now, "socket")) in TIME_WAIT\(place), the limit is \(worst.limit.map(String.init) ?? "unknown")"
        let status = worst.limit == nil ? CheckStatus.unknown : share.status
        return CheckResult(service: Self.service, status, text, [share, count], stale)
    }

    private struct Count {
        var namespace: String
        var now: Int
        var limit: Int?
        /// Of the limit; without one the least.
        var share: Double { limit.map { Double(now) / Double(max(1, $0)) } ?? 0 }
    }
}
