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
        let history = options.openHistory(in: world)
        let scene = try options.scene(in: world, history) { socket, _ in
            socket.row.isListener || socket.row.state == .close
        }
        let told = Self.recording(history, at: options.isAboutHistory() ? scene.at : nil)
        let namespaces = options.isAboutHistory() ? nil : HostProbe().foreignNamespaces()
        let report = DoctorReport(scene, told, namespaces: namespaces, limit: options.question.limit())
        try options.question.show(report, in: world)
    }

    /// What the history tells of its own recording.
    private static func recording(_ history: ExplainOptions.OpenedHistory, at moment: Timestamp?) -> DoctorRecording {
        switch history {
        case .none, .refused(.notFound): return .none
        case .refused(let error): return error.doctorRecording
        case .open(let reader):
            do {
                let told = try reader.read { try DoctorHistory($0, at: moment, isRecording: reader.isRecording) }
                return told.map(DoctorRecording.known) ?? .none
            } catch {
                return (error as? HistoryError)?.doctorRecording ?? .none
            }
        }
    }
}

extension HistoryError {
    /// What `doctor` finds where it meets the error.
    fileprivate var doctorRecording: DoctorRecording {
        if case .permission(let path) = self { return .denied(path: path) }
        let error = portlogError
        return .unusable(why: "\(error.what): \(error.why)", whatToDo: error.whatToDo)
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
        [.line("\(HumanFormat.count(findings.count + omitted, "finding")) \(page.answer(at, sample))", .header)]
    }

    var nothing: String { "Nothing to worry about: no risk was found." }
}
