import ArgumentParser
import PortHistory
import PortModel
import PortProbe
import PortReports

/// `portlog doctor`
struct DoctorCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Port risks of this host before they bite, and what to do about each.",
        discussion: """
            Looks at the sockets and settings that are there now, and at how they are recorded; with --at at a sample of the \
            history.
            """)

    @OptionGroup var options: ExplainOptions

    func run(in world: World) async throws {
        let scene = try options.scene(in: world) { socket, _ in socket.row.isListener || socket.row.state == .close }
        let at = options.isAboutHistory() ? scene.at : nil
        var history: DoctorHistory?
        if let reader = try options.reader(in: world) {
            history = try? reader.read { try DoctorHistory($0, at: at, isRecording: reader.isRecording) }
        }
        let namespaces = options.isAboutHistory() ? nil : HostProbe().foreignNamespaces()
        let report = DoctorReport(scene, history: history, namespaces: namespaces, limit: options.question.limit())
        try options.question.show(report, in: world)
    }
}

extension DoctorReport: Presentation {
    static var list: MainList<DoctorReport, [DoctorFinding]> { MainList("findings", \.findings) }

    static var csv: [CSVColumn<DoctorFinding>] {
        [
            CSVColumn("check", \.check.rawValue), CSVColumn("severity", \.severity.rawValue),
            CSVColumn("namespace", \.namespace), CSVColumn("explanation", \.explanation),
            CSVColumn("remedies", \.remedies),
        ]
    }

    func columns(on page: Page) -> [TableColumn<DoctorFinding>] {
        [
            TableColumn("SEVERITY", \.severity.rawValue) {
                $0.severity == .critical ? .critical : $0.severity == .warning ? .warning : nil
            },
            TableColumn("CHECK", \.check.rawValue),
        ] + TableColumn<DoctorFinding>.namespace(among: findings.lazy.map(\.namespace), \.namespace)
    }

    func details(of entry: DoctorFinding, on page: Page) -> [Block] {
        [.paragraph(entry.explanation, indent: 2)] + entry.remedies.map { .paragraph("-> \($0)", indent: 4) }
    }

    func head(on page: Page) -> [Block] {
        [.line("\(HumanFormat.count(findings.count + omitted, "finding")) at \(page.zonedTime(at))", .header)]
    }

    var nothing: String { "Nothing to worry about: no risk was found." }
}
