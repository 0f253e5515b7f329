import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check ephemeral`
struct CheckEphemeralCommand: CheckCommand {
    static let configuration = CommandConfiguration(
        commandName: "ephemeral", abstract: "How far the ports towards the worst destination are used, in percent.",
        discussion: "Default: --warning 80 --critical 95.")

    static let service = "EPHEMERAL"

    @OptionGroup var options: CheckOptions

    func check(in world: World) throws -> CheckResult {
        let (warning, critical) = (try options.range(options.warning, "80"), try options.range(options.critical, "95"))
        let (report, stale) = try options.ask(in: world) { view in
            let filter = SocketFilter(namespace: options.namespace)
            let query = EphemeralQuery(period: try options.recent(view), filter: filter, limit: max(1, options.top))
            return try EphemeralReport.make(view, query)
        }
        var worst = CheckFigure(
            label: "max", value: 100 * (report.destinations.first?.utilization ?? 0), unit: "%", warning: warning,
            critical: critical, minimum: 0, maximum: 100,
            metric: .init(
                name: "ephemeral_utilization_ratio_max",
                help: "Used of the ports that connect() could choose, at the destination where that is the most.",
                scale: 0.01))
        var figures: [CheckFigure] = []
        for destination in report.destinations.prefix(options.top) {
            var figure = worst
            figure.label = destination.checkLabel
            figure.value = 100 * destination.utilization
            figure.metric = .init(
                name: "ephemeral_utilization_ratio", help: "Used of the ports towards a destination, the worst ones.",
                labels: destination.labels, scale: 0.01)
            figures.append(figure)
        }
        worst.label = "max"
        var text = "no outgoing connections"
        if let first = report.destinations.first {
            text =
                "\(HumanFormat.percent(first.utilization)) of the ports from \(first.checkLabel) are in use, \(first.free) free"
            if let end = first.exhaustedAt {
                text += ", they run out in \(HumanFormat.duration(milliseconds: max(0, end - report.until)))"
            }
            if let owner = first.owners.first { text += ", used by \(owner.name)" }
        }
        let all = [worst] + figures
        let status = all.map(\.status).reduce(CheckStatus.ok) { $0.worse($1) }
        return CheckResult(service: Self.service, status, text, all, stale)
    }
}

extension EphemeralReport.Destination {
    /// `web1 10.0.0.1 to 10.0.0.5:5432`: the namespace, where it is another one, the source and the peer.
    fileprivate var checkLabel: String {
        let place = namespace == Snapshot.hostNamespace ? "" : "\(namespace) "
        return "\(place)\(localAddress) to \(SocketDocument.text(remoteAddress, remotePort))"
    }

    fileprivate var labels: [CheckFigure.Label] {
        [
            .init(name: "namespace", value: namespace), .init(name: "local_address", value: localAddress),
            .init(name: "remote_address", value: remoteAddress), .init(name: "remote_port", value: "\(remotePort)"),
            .init(name: "program", value: owners.first?.owner.command ?? ""),
        ]
    }
}
