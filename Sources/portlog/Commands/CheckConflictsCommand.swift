import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check conflicts`
struct CheckConflictsCommand: CheckCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts", abstract: "How many listen conflicts of some severity there are now.",
        discussion: """
            Default: --warning 0 --critical 0. The warning counts conflicts of severity warning and critical, the critical \
            threshold those that are critical. Listeners in the ephemeral range are no part of it.
            """)

    static let service = "CONFLICTS"

    @OptionGroup var options: CheckOptions

    func check(in world: World) throws -> CheckResult {
        let (warning, critical) = (try options.range(options.warning, "0"), try options.range(options.critical, "0"))
        let (report, stale) = try options.ask(in: world) { view in
            let filter = SocketFilter(namespace: options.namespace)
            let query = ConflictsQuery(period: try options.recent(view), filter: filter, limit: 0)
            return try ConflictsReport.make(view, query)
        }
        // A risk for a restart that may never come is no reason to wake anybody.
        let present = report.conflicts.filter {
            $0.lastSeen >= report.until && $0.severity > .info && $0.kind != .listenerInRange
        }
        let worst = present.filter { $0.severity == .critical }
        // As performance data the critical ones count among all; as a metric each counts once.
        func metric(_ severity: ConflictSeverity, _ count: Int) -> CheckFigure.Metric {
            .init(
                name: "listen_conflicts", help: "Listen conflicts that there are now.",
                labels: [.init(name: "severity", value: severity.rawValue)], value: Double(count))
        }
        let figures = [
            CheckFigure(
                label: "conflicts", value: Double(present.count), warning: warning, minimum: 0,
                metric: metric(.warning, present.count - worst.count)),
            CheckFigure(
                label: "critical", value: Double(worst.count), critical: critical, minimum: 0,
                metric: metric(.critical, worst.count)),
        ]
        let text = (worst.first ?? present.first).map { first in
            "\(HumanFormat.count(present.count, "conflict")), \(first.kind.rawValue) on "
                + "\(first.transport.rawValue) \(SocketDocument.text(first.address, first.port))"
        }
        let status = figures.map(\.status).reduce(CheckStatus.ok) { $0.worse($1) }
        return CheckResult(service: Self.service, status, text ?? "no conflicts", figures, stale)
    }
}
