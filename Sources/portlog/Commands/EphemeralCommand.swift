import ArgumentParser
import PortModel
import PortReports

/// `portlog ephemeral`
struct EphemeralCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "ephemeral",
        abstract: "Ephemeral ports: used and left per destination, peak, trend, and when they run out.",
        discussion: """
            Each destination (source address, peer, peer's port) can use every port of the range once: FREE is how many \
            more connect() succeed. Reserved ports, ports bound by others and TIME_WAIT that may be reused are taken into \
            account.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var question: QuestionOptions

    func run(in world: World) async throws {
        let query = EphemeralQuery(
            period: try period.period(in: world), filter: question.filter, limit: question.limit())
        let report = try database.ask(in: world, query.period, about: query.filter) {
            try EphemeralReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension EphemeralReport: Presentation {
    static var list: MainList<EphemeralReport, [Destination]> { MainList("destinations", \.destinations) }

    static var csv: [CSVColumn<Destination>] {
        [
            CSVColumn("namespace", \.namespace), CSVColumn("protocol", \.transport.rawValue),
            CSVColumn("family", \.family.rawValue), CSVColumn("local_address", \.localAddress),
            CSVColumn("remote_address", \.remoteAddress), CSVColumn("remote_port", \.remotePort),
            CSVColumn("owners", \.owners.names), CSVColumn("owners_omitted", \.ownersOmitted),
            CSVColumn("capacity", \.capacity), CSVColumn("used", \.used), CSVColumn("reusable", \.reusable),
            CSVColumn("free", \.free), CSVColumn("utilization", \.utilization), CSVColumn("certain", \.certain),
            CSVColumn("slow_connect", \.slowConnect), CSVColumn("peak_used", \.peak.used),
            CSVColumn("peak_utilization", \.peak.utilization), CSVColumn("peak_at", \.peak.at),
            CSVColumn("ports_per_minute", \.portsPerMinute), CSVColumn("exhausted_at", \.exhaustedAt),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Destination>] {
        let namespace = TableColumn<Destination>.namespace(among: destinations.lazy.map(\.namespace), \.namespace)
        let atMost = page.usesUTF8 ? "≤ " : "<= "
        let figures: [TableColumn<Destination>] = [
            .share("USE", \.utilization), TableColumn("USED", number: \.used),
            TableColumn("REUSABLE", number: \.reusable),
            TableColumn("FREE", align: .right) { ($0.certain ? "" : atMost) + "\($0.free)" },
            TableColumn("CAPACITY", number: \.capacity),
            .share("PEAK", \.peak.utilization), TableColumn("PEAK AT") { page.time($0.peak.at) },
            TableColumn("PER MIN", align: .right, \.trend),
            TableColumn("EXHAUSTED", { page.time($0.exhaustedAt) }) { $0.exhaustedAt == nil ? nil : .critical },
            TableColumn("CONNECT", { $0.slowConnect ? "slow" : "" }, emphasis: { _ in .warning }),
        ]
        let ends: [TableColumn<Destination>] = [
            TableColumn("FROM", align: .right, \.localAddress),
            TableColumn("TO", align: .right) { SocketDocument.text($0.remoteAddress, $0.remotePort) },
        ]
        return namespace + ends + figures
            + TableColumn.owners(among: destinations.lazy.map(\.holders), \.holders)
    }

    func head(on page: Page) -> [Block] {
        var blocks: [Block] = [
            .line("Ephemeral ports from \(page.period(since: since, until: until))", .header), .blank,
            .facts(ranges.map { Fact("range of \($0.namespace)", $0.text) }),
        ]
        let ending = destinations.min { ($0.exhaustedAt ?? .never) < ($1.exhaustedAt ?? .never) }
        if let ending, let end = ending.exhaustedAt {
            let ends = "The ports from \(ending.localAddress) to \(ending.peer) run out at \(page.zonedTime(end))"
            blocks += [.blank, .line("\(ends) (\(page.age(end))) if it goes on like this.", .critical)]
        }
        if let first = destinations.first {
            var chart = Chart(
                title: "Ports used from \(first.localAddress) to \(first.peer), of \(first.capacity)",
                points: series.map { Chart.Point(at: $0.at, value: Double($0.count)) })
            chart.label = { String(Int($0)) }
            // Far from the wall, the wall would leave nothing to see.
            if first.peak.utilization >= 0.4 { chart.top = Double(first.capacity) }
            blocks += [.blank, .chart(chart)]
        }
        return blocks
    }

    func tail(on page: Page) -> [Block] {
        let namespace = TableColumn<Pool>.namespace(among: bind.lazy.map(\.namespace), \.namespace)
        let columns: [TableColumn<Pool>] = [
            TableColumn("PROTO", \.transport.rawValue),
            .share("USE", \.utilization), TableColumn("USED", number: \.used), TableColumn("FREE", number: \.free),
            TableColumn("CAPACITY", number: \.capacity),
        ]
        return [
            .line("Ports left for bind() with port 0", .header),
            .table(TableBlock(bind, namespace + columns)),
        ]
    }

    var nothing: String { "No outgoing TCP connection: every destination has all ports of the range." }

}

extension TableColumn {
    /// A column of utilizations, of which the high ones stand out.
    fileprivate static func share(_ header: String, _ utilization: @escaping (Entry) -> Double) -> TableColumn {
        TableColumn(header, align: .right, { HumanFormat.percent(utilization($0)) }) { entry in
            utilization(entry) >= 0.95 ? .critical : utilization(entry) >= 0.8 ? .warning : nil
        }
    }
}

extension EphemeralReport.Range {
    /// `32768-60999, 28232 ports, 2 of them reserved (8080,40000-40001), tcp_tw_reuse 2 (loopback only)`.
    fileprivate var text: String {
        var parts = ["\(first)-\(last)", HumanFormat.count(size, "port")]
        if reserved > 0 { parts.append("\(reserved) of them reserved (\(reservedPorts))") }
        let reuse = [0: "never", 1: "always", 2: "loopback only"][twReuse]
        parts.append("tcp_tw_reuse \(twReuse)" + (reuse.map { " (\($0))" } ?? ""))
        if assumed { parts.append("assumed: the settings could not be read") }
        return parts.joined(separator: ", ")
    }
}

extension EphemeralReport.Destination {
    /// The peer.
    fileprivate var peer: String { SocketDocument.text(remoteAddress, remotePort) }

    /// `+12.0`, `-3.5`; empty when unknown.
    fileprivate var trend: String {
        portsPerMinute.map { ($0 > 0 ? "+" : "") + HumanFormat.number($0) } ?? ""
    }

    /// Whose connections they are. How that is known is not said: owners of different sockets may be known differently.
    fileprivate var holders: OwnerCells {
        OwnerCells(owners: owners, omitted: ownersOmitted, attribution: Attribution.observed.name)
    }
}

extension Timestamp {
    /// After every other time.
    fileprivate static let never = Timestamp(milliseconds: .max)
}
