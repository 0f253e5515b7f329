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
        func figure(_ label: String, _ count: Int, _ warning: CheckRange?, _ critical: CheckRange?) -> CheckFigure {
            CheckFigure(
                label: label, value: Double(count), warning: warning, critical: critical, minimum: 0,
                metric: .init(
                    name: "listen_conflicts", help: "Listen conflicts that there are now.",
                    labels: [.init(name: "severity", value: label == "conflicts" ? "warning" : "critical")]))
        }
        let figures = [
            figure("conflicts", present.count, warning, nil), figure("critical", worst.count, nil, critical),
        ]
        let text = (worst.first ?? present.first).map { first in
            "\(HumanFormat.count(present.count, "conflict")), \(first.kind.rawValue) on "
                + "\(first.transport.rawValue) \(SocketDocument.text(first.address, first.port))"
        }
        let status = figures.map(\.status).reduce(CheckStatus.ok) { $0.worse($1) }
        return CheckResult(service: Self.service, status, text ?? "no conflicts", figures, stale)
    }
}
