import ArgumentParser
import PortReports

/// `portlog conflicts`
struct ConflictsCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "Listen conflicts and port thefts over a period, and what to do about them.",
        discussion: "The worst stands first, then the newest.")

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var question: QuestionOptions

    /// What cannot be told where not every sample is kept.
    private static let untold = "stolen ports and those held by TIME_WAIT are not looked for"

    func run(in world: World) async throws {
        let query = ConflictsQuery(
            period: try period.period(in: world), filter: question.filter, limit: question.limit())
        let report = try database.ask(in: world, query.period, about: query.filter, untold: Self.untold) {
            try ConflictsReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension ConflictsReport: Presentation {
    static var list: MainList<ConflictsReport, [Entry]> { MainList("conflicts", \.conflicts) }

    static var csv: [CSVColumn<Entry>] {
        [
            CSVColumn("kind", \.kind.rawValue), CSVColumn("severity", \.severity.rawValue),
            CSVColumn("namespace", \.namespace), CSVColumn("protocol", \.transport.rawValue),
            CSVColumn("address", \.address), CSVColumn("port", \.port),
            CSVColumn("parties") { $0.parties.map(\.localText) }, CSVColumn("parties_omitted", \.partiesOmitted),
            CSVColumn("first_seen", \.firstSeen), CSVColumn("last_seen", \.lastSeen),
            CSVColumn("occurrences", \.occurrences), CSVColumn("explanation", \.explanation),
            CSVColumn("remedies", \.remedies),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Entry>] {
        let namespace = TableColumn<Entry>.namespace(among: conflicts.lazy.map(\.namespace), \.namespace)
        return [
            TableColumn("SEVERITY", \.severity.rawValue, emphasis: \.severity.emphasis),
            TableColumn("KIND", \.kind.rawValue),
        ] + namespace + [
            TableColumn("PROTO", \.transport.rawValue),
            TableColumn("ADDRESS", align: .right) { SocketDocument.text($0.address, $0.port) },
            TableColumn("WHO", \.who),
            TableColumn("SINCE") { page.time($0.firstSeen) },
            TableColumn("LAST") { page.time($0.lastSeen) },
            TableColumn("TIMES", number: \.occurrences),
        ]
    }

    func details(of entry: Entry, on page: Page) -> [Block] {
        let bullet = page.usesUTF8 ? "→" : "->"
        // Remedies are there to be copied: they stand on one line each, however long.
        return [.paragraph(entry.explanation, indent: 2)] + entry.remedies.map { .line("    \(bullet) \($0)") }
    }

    func head(on page: Page) -> [Block] {
        let title = HumanFormat.count(conflicts.count + omitted, "conflict")
        return [.line("\(title) from \(page.period(since: since, until: until))\(severities)", .header)]
    }

    /// `: 1 critical, 2 warning`; empty where the limit left some out that were not counted.
    private var severities: String {
        guard omitted == 0, !conflicts.isEmpty else { return "" }
        let counts = Dictionary(grouping: conflicts, by: \.severity).sorted { $0.key > $1.key }
        return ": " + counts.map { "\($0.value.count) \($0.key.rawValue)" }.joined(separator: ", ")
    }

    var nothing: String { "No conflict: no port was stolen, shadowed, shared by strangers or fought over." }
}

extension ConflictsReport.Entry {
    /// The programs that have a part in it, the one to look at first at the beginning.
    fileprivate var who: String {
        var names: [String] = []
        for owner in parties.lazy.flatMap(\.owners) {
            let name = owner.owner.place.map { "\($0) \(owner.name)" } ?? owner.name
            if !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? "unknown" : OwnerCells.summary(names, separator: ", ", more: 0)
    }
}

extension ConflictSeverity {
    /// How the eye is to take it.
    fileprivate var emphasis: Emphasis? {
        switch self {
        case .info: nil
        case .warning: .warning
        case .critical: .critical
        }
    }
}
