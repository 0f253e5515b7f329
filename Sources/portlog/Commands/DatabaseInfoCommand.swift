import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog database info`
struct DatabaseInfoCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What is in the database: size, pages, how far back it reaches, bytes a table.",
        discussion: "A table's bytes are those of its pages, with its indexes.")

    @OptionGroup var database: DatabaseOption
    @OptionGroup var answer: AnswerOptions

    func run(in world: World) async throws {
        try answer.show(InfoReport.make(HistoryReader(path: database.path(in: world))), in: world)
    }
}

extension InfoReport: Presentation {
    static var list: MainList<InfoReport, [Table]> { MainList("tables", \.tables) }

    static var csv: [CSVColumn<Table>] {
        [
            CSVColumn("name", \.name), CSVColumn("kind", \.kind), CSVColumn("rows", \.rows),
            CSVColumn("bytes", \.bytes), CSVColumn("bytes_per_row", \.bytesPerRow),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Table>] {
        [
            TableColumn("TABLE", \.name), TableColumn("KIND", \.kind), TableColumn("ROWS", number: \.rows),
            TableColumn("SIZE", align: .right) { $0.bytes.map(HumanFormat.bytes) ?? "-" },
            TableColumn("BYTES A ROW", align: .right) { $0.bytesPerRow.map(HumanFormat.number) ?? "-" },
        ]
    }

    func head(on page: Page) -> [Block] {
        let files = [fileBytes, logBytes, indexBytes].map(HumanFormat.bytes)
        let pages = "\(pages) pages of \(HumanFormat.bytes(Int64(pageSize))), \(freePages) of them free"
        var facts = [
            Fact("database", path), Fact("file", "\(files[0]), \(pages)"),
            Fact("log", "\(files[1]), its index \(files[2])"),
            Fact("budget", budgetBytes.map(HumanFormat.bytes) ?? "none"), Fact("schema", "\(schema)"),
        ]
        let reach = [
            ("samples", firstSampleAt), ("minutes", minutesSince), ("hours", hoursSince), ("days", daysSince),
        ]
        for (name, since) in reach { facts.append(Fact(name, since.map { "since \(page.zonedTime($0))" } ?? "none")) }
        return [.facts(facts)]
    }

    var nothing: String { "No tables." }
}
