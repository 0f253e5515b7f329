import ArgumentParser
import PortHistory
import PortReports

/// `portlog database check`
struct DatabaseCheckCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether the database is whole: ok, or what is wrong and exit code 69.",
        discussion: """
            SQLite's own check of every table, and what the tables say about each other. Nothing is changed, and a \
            recorder may go on meanwhile.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var answer: AnswerOptions

    func run(in world: World) async throws {
        let reader = try HistoryReader(path: database.path(in: world))
        let report = CheckReport(path: reader.path, try HistoryCheck(reader))
        try answer.show(report, in: world)
        if report.ok { return }
        throw PortlogError(
            .unavailable, "\(reader.path) is damaged",
            why: HumanFormat.count(report.problems.count + report.omitted, "problem"),
            whatToDo: "Move the file away while no recorder runs; the next one begins a new file. A backup may help.")
    }
}

extension CheckReport: Presentation {
    static var list: MainList<CheckReport, [Problem]> { MainList("problems", \.problems) }

    static var csv: [CSVColumn<Problem>] { [CSVColumn("table", \.table), CSVColumn("problem", \.problem)] }

    func columns(on page: Page) -> [TableColumn<Problem>] {
        [TableColumn("TABLE", \.table), TableColumn("PROBLEM", \.problem)]
    }

    var nothing: String { "ok" }
}
