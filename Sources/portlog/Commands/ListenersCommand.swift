import ArgumentParser
import PortReports

/// `portlog listeners`
struct ListenersCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "listeners", abstract: "Who listens, now or at any moment of the past.",
        discussion: """
            TCP listeners, and UDP sockets without a peer. A port in the ephemeral range may be taken by any outgoing \
            connection while its listener restarts.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var instant: InstantOptions
    @OptionGroup var question: QuestionOptions

    func run(in world: World) async throws {
        let query = InstantQuery(
            at: try instant.instant(in: world), filter: question.filter, limit: question.limit())
        let report = try database.ask(in: world, upTo: query.at, about: query.filter) {
            try ListenersReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension ListenersReport: Presentation {
    static var list: MainList<ListenersReport, [Entry]> { MainList("listeners", \.listeners) }

    static var csv: [CSVColumn<Entry>] {
        CSVColumn.socket(\.socket) + [
            CSVColumn("port_class", \.portClass.rawValue), CSVColumn("sharing", \.sharing.rawValue),
            CSVColumn("workers") { $0.workers.map { "\($0.owner.command)/\($0.owner.pid) \($0.connections)" } },
        ]
    }

    func columns(on page: Page) -> [TableColumn<Entry>] {
        let socket = TableColumn<Entry>.socket(
            among: listeners.lazy.map(\.socket), showsState: false, \.socketByWorkers)
        return socket + [
            TableColumn("SINCE") { page.time($0.socket.firstSeen) },
            TableColumn("PORT CLASS", \.portClass.rawValue, emphasis: { $0.portClass == .ephemeral ? .warning : nil }),
            TableColumn("SHARED") { $0.sharing == .none ? "" : $0.sharing.rawValue },
            TableColumn("CONNECTIONS", align: .right, \.connectionsText),
        ]
    }

    func head(on page: Page) -> [Block] {
        [.line("\(HumanFormat.count(listeners.count + omitted, "listener")) \(page.answer(at, sample))", .header)]
    }

    var nothing: String { "Nobody listens: no TCP listener and no UDP socket without a peer." }
}

extension ListenersReport.Entry {
    /// How many connections each of its processes holds, the busiest first: `12`, `40+3+3 and 5 more`.
    fileprivate var connectionsText: String {
        let counts = workers.map { String($0.connections) }
        let rest = counts.count > 4 ? " and \(counts.count - 4) more" : ""
        return counts.prefix(4).joined(separator: "+") + rest
    }
}
