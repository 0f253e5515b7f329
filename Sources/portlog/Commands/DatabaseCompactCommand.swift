import ArgumentParser
import PortHistory
import PortReports

/// `portlog database compact`
struct DatabaseCompactCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Writes the database anew, without what is free in it.",
        discussion: """
            The recorder has to be stopped; questions may go on. What retention removes is used again in any case: this \
            is for a file that shall be smaller at once. Meanwhile its folder and /var/tmp (or TMPDIR) each need as much \
            room as the file. A full disk or an interruption leaves it as it was.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var answer: AnswerOptions

    func run(in world: World) async throws {
        let compaction: HistoryCompaction
        do {
            compaction = try HistoryCompaction(path: database.path(in: world))
        } catch HistoryError.locked(let path, let pid) {
            throw PortlogError(
                .busy, "cannot compact \(path)",
                why: "a recorder is writing it" + (pid.map { " (process \($0))" } ?? ""),
                whatToDo: "Stop it first, then start it again.")
        }
        try answer.show(CompactReport(compaction), in: world)
        if !compaction.isWrittenBack {
            world.note("note: a reader is in the way; the file gets smaller with the next samples that are recorded.")
        }
    }
}

extension CompactReport: Presentation {
    static var list: MainList<CompactReport, [File]> { MainList("files", \.files) }

    static var csv: [CSVColumn<File>] {
        [
            CSVColumn("path", \.path), CSVColumn("before_bytes", \.beforeBytes),
            CSVColumn("after_bytes", \.afterBytes),
        ]
    }

    func columns(on page: Page) -> [TableColumn<File>] {
        [
            TableColumn("FILE", \.path),
            TableColumn("BEFORE", align: .right) { HumanFormat.bytes($0.beforeBytes) },
            TableColumn("AFTER", align: .right) { HumanFormat.bytes($0.afterBytes) },
        ]
    }

    func head(on page: Page) -> [Block] {
        [.line("\(HumanFormat.bytes(beforeBytes)) before, \(HumanFormat.bytes(afterBytes)) now", .header)]
    }

    var nothing: String { "No files." }
}
