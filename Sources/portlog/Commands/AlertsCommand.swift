import ArgumentParser
import PortModel
import PortReports

/// `portlog alerts`
struct AlertsCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Alerts of a period: what began, became worse and ended, whose it was and what to do.",
        discussion: """
            An alert is one story: what comes and goes within minutes is the same one. The worst stands first, then the \
            newest.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var question: QuestionOptions

    @Flag(name: .long, help: "Only those that last at the end of the period.")
    var active = false

    func run(in world: World) async throws {
        let query = AlertsQuery(
            period: try period.period(in: world), filter: question.filter, isActive: active, limit: question.limit())
        let report = try database.ask(in: world, query.period, about: query.filter) { try AlertsReport.make($0, query) }
        try question.show(report, in: world)
    }
}

extension AlertsReport: Presentation {
    static var list: MainList<AlertsReport, [AlertDocument]> { MainList("alerts", \.alerts) }

    static var csv: [CSVColumn<AlertDocument>] { CSVColumn.alert }

    func columns(on page: Page) -> [TableColumn<AlertDocument>] {
        [
            TableColumn("SEVERITY", \.alert.severity.name, emphasis: \.emphasis),
            TableColumn("RULE", \.alert.rule.rawValue),
            TableColumn("ABOUT", \.about),
            TableColumn("OPENED") { page.time($0.alert.openedAt) },
            TableColumn("RESOLVED") { page.time($0.alert.resolvedAt) },
            TableColumn("PEAK", align: .right) { $0.peakText },
        ]
    }

    func details(of entry: AlertDocument, on page: Page) -> [Block] {
        let bullet = page.usesUTF8 ? "→" : "->"
        let silenced = entry.alert.isSilenced ? " (silenced)" : ""
        return [.paragraph(entry.alert.message + silenced, indent: 2)]
            + entry.alert.advice.map { .line("    \(bullet) \($0)") }
    }

    func head(on page: Page) -> [Block] {
        let lasting = alerts.count { $0.alert.isOpen }
        let title = HumanFormat.count(alerts.count + omitted, "alert")
        let now = omitted == 0 && lasting > 0 ? ", \(lasting) of them still open" : ""
        return [.line("\(title) from \(page.period(since: since, until: until))\(now)", .header)]
    }

    var nothing: String { "No alerts: no ports ran out, no listener was lost, nothing was dropped." }
}

extension CSVColumn<AlertDocument> {
    /// The columns of an alert.
    static var alert: [CSVColumn] {
        [
            CSVColumn("id", \.id), CSVColumn("rule", \.alert.rule.rawValue),
            CSVColumn("severity", \.alert.severity.name),
            CSVColumn("subject_namespace", \.subject.namespace),
            CSVColumn("subject_protocol", \.subject.transport?.rawValue),
            CSVColumn("subject_local_address", \.subject.localAddress),
            CSVColumn("subject_local_port", \.subject.localPort),
            CSVColumn("subject_remote_address", \.subject.remoteAddress),
            CSVColumn("subject_remote_port", \.subject.remotePort),
            CSVColumn("subject_owner") { $0.subject.owner?.name },
            CSVColumn("subject_part", \.subject.part), CSVColumn("detail", \.detail),
            CSVColumn("opened_at", \.alert.openedAt), CSVColumn("worsened_at", \.alert.worsenedAt),
            CSVColumn("resolved_at", \.alert.resolvedAt), CSVColumn("times", \.alert.times),
            CSVColumn("value", \.value),
            CSVColumn("unit", \.alert.unit), CSVColumn("peak_value", \.peak.value),
            CSVColumn("peak_at", \.peak.at),
            CSVColumn("exhausted_at", \.alert.exhaustedAt), CSVColumn("silenced", \.alert.isSilenced),
            CSVColumn("owners", \.owners.names), CSVColumn("message", \.alert.message),
            CSVColumn("advice", \.alert.advice),
        ]
    }
}

extension AlertDocument {
    /// What it is about, in a cell: `10.0.0.1 → 10.0.0.5:5432`.
    fileprivate var about: String {
        let subject = subject
        let place = subject.namespace.map { $0 == Snapshot.hostNamespace ? "" : "\($0) " } ?? ""
        switch alert.subject.kind {
        case .destination:
            let remote = SocketDocument.text(subject.remoteAddress ?? "", subject.remotePort ?? 0)
            return "\(place)\(subject.localAddress ?? "") > \(remote)"
        case .listener:
            let local = SocketDocument.text(subject.localAddress ?? "", subject.localPort ?? 0)
            return "\(place)\(alert.subject.transport.rawValue) \(local)"
        case .pool: return "\(place)\(alert.subject.transport.rawValue)"
        case .namespace: return alert.subject.namespace
        case .program: return subject.owner?.name ?? "?"
        case .recorder: return subject.part ?? ""
        }
    }

    fileprivate var emphasis: Emphasis? {
        if !alert.isOpen { return .faint }
        return switch alert.severity {
        case .info: nil
        case .warning: .warning
        case .critical: .critical
        }
    }

    /// What a file may hold is any number.
    private var clamped: Double { alert.peak.isFinite ? min(max(alert.peak, -1e12), 1e12) : 0 }

    fileprivate var peakText: String {
        switch alert.rule.unit {
        case "ratio": HumanFormat.percent(alert.peak)
        case "seconds": HumanFormat.duration(milliseconds: Int64(clamped * 1000))
        case "per_minute": "\(HumanFormat.number(alert.peak))/min"
        default: "\(Int(clamped))"
        }
    }
}
