import ArgumentParser
import PortModel
import PortReports

/// `portlog who PORT`
struct WhoCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "who", abstract: "Who held a port, from when to when.",
        discussion: """
            Every socket that had the port as its local one, with its states joined: listeners, connections of the \
            service that listens there, and outgoing connections. What was opened and closed between two samples \
            stands in no history.
            """)

    @Argument(help: "The port, 1 to 65535.", transform: WhoCommand.readPort)
    var port: UInt16

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var question: QuestionOptions

    /// What cannot be told where not every sample is kept.
    private static let untold =
        "of sockets that were no listeners only the number is known, and only on a service's port,"

    func run(in world: World) async throws {
        let query = WhoQuery(
            port: port, period: try period.period(in: world), filter: question.filter, limit: question.limit())
        let report = try database.ask(in: world, query.period, about: query.filter, untold: Self.untold) {
            try WhoReport.make($0, query)
        }
        try question.show(report, in: world)
    }

    private static func readPort(_ text: String) throws -> UInt16 {
        guard let port = UInt16(text), port > 0 else { throw ValueError("a port is a number from 1 to 65535") }
        return port
    }
}

extension WhoReport: Presentation {
    static var list: MainList<WhoReport, [Entry]> { MainList("holders", \.holders) }

    static var csv: [CSVColumn<Entry>] {
        CSVColumn.socket(\.socket) + [
            CSVColumn("role", \.role.rawValue), CSVColumn("from", \.from), CSVColumn("to", \.to),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Entry>] {
        let life: [TableColumn<Entry>] = [
            TableColumn("ROLE", \.role.rawValue),
            TableColumn("FROM") { page.time($0.from) },
            TableColumn("TO") { entry in entry.to.map { page.time($0) } ?? "still" },
        ]
        return life + TableColumn.socket(among: holders.lazy.map(\.socket), \.socket)
    }

    func head(on page: Page) -> [Block] {
        let sockets = HumanFormat.count(count, "socket")
        return [.line("Port \(port) from \(page.period(since: since, until: until)): \(sockets)", .header)]
    }

    func tail(on page: Page) -> [Block] {
        var blocks: [Block] = []
        if workers.count > 1 {
            let spread = workers.map { "\($0.owner.command)/\($0.owner.pid) \($0.connections)" }.joined(separator: ", ")
            blocks.append(.paragraph("Connections by process: \(spread)."))
        }
        if untold > 0 {
            blocks.append(
                .line("\(untold) more are known by their number only: their samples are no longer kept.", .faint))
        }
        return blocks
    }

    /// The others can be shown.
    var shownByLimit: Int { omitted - untold }

    var nothing: String {
        "No sample that is kept of that period saw the port in use. A longer period, such as --since -1d, may have one."
    }
}
