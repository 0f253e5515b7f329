import ArgumentParser
import PortModel
import PortReports

/// `portlog explain`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why bind() or connect() fails, now or at any moment of the past, and what to do.",
        discussion: """
            "Address already in use" is bind(): portlog explain bind tcp 0.0.0.0:8080. "Cannot assign requested address" is \
            connect(): portlog explain connect 10.0.0.9:5432.
            """,
        subcommands: [ExplainBindCommand.self, ExplainConnectCommand.self])
}

extension ExplainReport: Presentation {
    static var list: MainList<ExplainReport, [Blocker]> { MainList("blockers", \.blockers) }

    static var csv: [CSVColumn<Blocker>] {
        CSVColumn.socket(\.socket) + [
            CSVColumn("reason", \.reason), CSVColumn("certain", \.isCertain),
            CSVColumn("remaining_seconds", \.remainingSeconds),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Blocker>] {
        let socket = TableColumn<Blocker>.socket(among: blockers.lazy.map(\.socket), \.socket)
        return socket + [
            TableColumn("SINCE") { page.time($0.socket.firstSeen) },
            TableColumn("ENDS IN", align: .right) {
                $0.remainingSeconds.map { HumanFormat.duration(milliseconds: Int64($0 * 1000)) } ?? ""
            },
            TableColumn("IN THE WAY", { $0.isCertain ? "yes" : "perhaps" }) { $0.isCertain ? .critical : .warning },
            TableColumn("WHY", \.reason),
        ]
    }

    func head(on page: Page) -> [Block] {
        let emphasis: Emphasis? =
            switch verdict {
            case .succeeds: nil
            case .fails: .critical
            case .depends: .warning
            }
        var blocks: [Block] = [.paragraph(explanation, emphasis), .line("A\(page.answer(at, sample).dropFirst()).")]
        if !remedies.isEmpty {
            blocks += [.blank, .line("What helps", .header)] + remedies.map { .paragraph("- \($0)", indent: 0) }
        }
        return blocks
    }

    func tail(on page: Page) -> [Block] {
        guard let connect else { return [] }
        var facts = [Fact("ports that may be reused", String(connect.reusable))]
        if connect.timeWait > 0 {
            let coming = connect.released.map { "\($0.count) \(page.age($0.at))" }
            facts.append(Fact("in TIME_WAIT", "\(connect.timeWait); gone: \(coming.joined(separator: ", "))"))
        }
        if connect.boundBeforeConnect > 0 {
            facts.append(Fact("bound before connect()", "\(connect.boundBeforeConnect), by the parity of their ports"))
        }
        return [.facts(facts)]
    }

    var nothing: String { "No socket is in the way." }

    /// How the command ends.
    var exitCode: ExitCode {
        switch verdict {
        case .succeeds: .success
        case .fails: ExitCode(1)
        case .depends: ExitCode(2)
        }
    }
}

extension QuestionOptions {
    /// Writes an explanation, and ends with the code of its verdict.
    func show(explanation report: ExplainReport, in world: World) throws {
        try show(report, in: world)
        if report.verdict != .succeeds { throw report.exitCode }
    }
}
