import ArgumentParser
import PortReports

extension TimeWaitGrouping: ExpressibleByArgument {}

/// `portlog time-wait`
struct TimeWaitCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "time-wait", abstract: "TIME_WAIT buildup: how many, since when, towards whom, left by whom.",
        discussion: """
            The side that closes a connection first keeps it in TIME_WAIT for a minute. A client group is a destination \
            that this host connects to, a server group a service that listens here. Owners are those of the last live \
            row of each connection, also when the program has ended since.
            """)

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "What a group is: a destination or a service (ends), one of the two, or an owner. Default: ends.",
            valueName: "ends|destination|service|owner"))
    var by = TimeWaitGrouping.ends

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var question: QuestionOptions

    func run(in world: World) async throws {
        let query = TimeWaitQuery(
            period: try period.period(in: world), filter: question.filter, limit: question.limit(), grouping: by)
        let untold = by == .owner ? "the peak of an owner is that of its largest destination or service" : nil
        let report = try database.ask(in: world, query.period, about: query.filter, untold: untold) {
            try TimeWaitReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension TimeWaitReport: Presentation {
    static var list: MainList<TimeWaitReport, [Group]> { MainList("groups", \.groups) }

    static var csv: [CSVColumn<Group>] {
        [
            CSVColumn("namespace", \.namespace), CSVColumn("role", \.role?.rawValue),
            CSVColumn("local_address", \.localAddress), CSVColumn("local_port", \.localPort),
            CSVColumn("remote_address", \.remoteAddress), CSVColumn("remote_port", \.remotePort),
            CSVColumn("owners", \.owners.names), CSVColumn("owners_omitted", \.ownersOmitted),
            CSVColumn("attribution", \.attribution), CSVColumn("now", \.now), CSVColumn("peak", \.peak),
            CSVColumn("peak_at", \.peakAt),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Group>] {
        let figures: [TableColumn<Group>] = [
            TableColumn("NOW", number: \.now), TableColumn("PEAK", number: \.peak),
            TableColumn("PEAK AT") { page.time($0.peakAt) },
        ]
        let namespace = TableColumn<Group>.namespace(among: groups.lazy.map(\.namespace), \.namespace)
        let ends: [TableColumn<Group>] = [
            TableColumn("ROLE") { $0.role?.rawValue ?? "" }, TableColumn("LOCAL", align: .right, \.localText),
            TableColumn("REMOTE", align: .right, \.remoteText),
        ]
        return figures + namespace + (groups.contains { $0.role != nil } ? ends : [])
            + TableColumn.owners(among: groups.lazy.map(\.holders), \.holders)
    }

    func head(on page: Page) -> [Block] {
        var chart = Chart(
            title: "TIME_WAIT", points: series.map { Chart.Point(at: $0.at, value: Double($0.count)) })
        chart.label = { String(Int($0)) }
        return [
            .line("TIME_WAIT from \(page.period(since: since, until: until))", .header), .blank,
            .facts([
                Fact("now", "\(now)\(share)", emphasis: isNearLimit ? .critical : nil),
                Fact("peak", "\(peak.count) at \(page.time(peak.at))"), Fact("entered", rate),
            ]), .blank, .chart(chart),
        ]
    }

    var nothing: String { "No connection was in TIME_WAIT." }

    private var share: String {
        guard let limit, limit > 0 else { return "" }
        return ", \(HumanFormat.percent(Double(now) / Double(limit))) of tcp_max_tw_buckets (\(limit))"
    }

    /// Beyond the limit the kernel ends TIME_WAITs early.
    private var isNearLimit: Bool { limit.map { Double(now) >= 0.9 * Double($0) } ?? false }

    private var rate: String {
        if enteredPerSecond >= 0.1 || enteredPerSecond == 0 {
            return "\(HumanFormat.number(enteredPerSecond)) a second"
        }
        return "\(HumanFormat.number(enteredPerSecond * 60)) a minute"
    }
}

extension TimeWaitReport.Group {
    /// The service, or the source address towards a destination.
    fileprivate var localText: String {
        guard let localAddress else { return "" }
        return localPort.map { SocketDocument.text(localAddress, $0) } ?? localAddress
    }

    /// The destination; empty for a service.
    fileprivate var remoteText: String {
        guard let remoteAddress, let remotePort else { return "" }
        return SocketDocument.text(remoteAddress, remotePort)
    }

    /// Who left them.
    fileprivate var holders: OwnerCells { OwnerCells(owners: owners, omitted: ownersOmitted, attribution: attribution) }
}
