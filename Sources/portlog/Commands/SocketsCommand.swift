import ArgumentParser
import PortModel
import PortReports

/// `portlog sockets`: a time-travelling `ss`.
struct SocketsCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "sockets", abstract: "Every socket, now or at any moment of the past.",
        discussion: "The list is complete unless --limit says otherwise.")

    @OptionGroup var database: DatabaseOption
    @OptionGroup var instant: InstantOptions
    @OptionGroup var question: QuestionOptions

    func run(in world: World) async throws {
        let query = InstantQuery(
            at: try instant.instant(in: world), filter: question.filter, limit: question.limit(default: 0))
        let report = try database.ask(in: world, upTo: query.at, about: query.filter) {
            try SocketsReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension SocketsReport: Presentation {
    static var list: MainList<SocketsReport, SocketList> { MainList("sockets", \.sockets) }

    static var csv: [CSVColumn<SocketDocument>] { CSVColumn.socket { $0 } }

    func columns(on page: Page) -> [TableColumn<SocketDocument>] {
        let now = sample.takenAt
        let age = TableColumn<SocketDocument>("AGE", align: .right) {
            $0.firstSeen == now ? "new" : HumanFormat.duration(milliseconds: now - $0.firstSeen)
        }
        return [age] + TableColumn.socket(among: sockets) { $0 }
    }

    func head(on page: Page) -> [Block] {
        [.line("\(HumanFormat.count(sockets.count + omitted, "socket")) \(page.answer(at, sample))", .header)]
    }

    var nothing: String { "No sockets of that kind at this time." }
}
