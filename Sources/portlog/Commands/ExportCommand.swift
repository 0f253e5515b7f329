import ArgumentParser
import PortHistory
import PortReports

extension ExportTable: ExpressibleByArgument {}

/// `portlog export`
struct ExportCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes one table of a period, however long, as CSV or JSON lines.",
        discussion: """
            A row of sockets or listeners is one interval: from when to when a socket stood in one state with one owner. \
            Listeners are kept longer than other sockets. A row of destinations is a minute, hour or day in which one \
            changed. All rows are of the moment when the export began; intervals come in no order.
            """)

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("What to export.", valueName: "table"))
    var table: ExportTable

    @OptionGroup var database: DatabaseOption
    @OptionGroup var period: PeriodOptions
    @OptionGroup var sockets: FilterOptions

    @Option(name: [.short, .long], parsing: .unconditional, help: "How to write the rows.")
    var output: ExportFormat = .csv

    func run(in world: World) async throws {
        switch table {
        case .sockets: try export(SocketExport.self, in: world)
        case .listeners: try export(ListenerExport.self, in: world)
        case .destinations: try export(DestinationExport.self, in: world)
        case .samples:
            let isFiltered = sockets.filter != SocketFilter()
            let note = "samples are of the whole host: --protocol and --namespace change nothing."
            try export(SampleExport.self, in: world, note: isFiltered ? note : nil)
        case .alerts: try export(AlertExport.self, in: world)
        }
    }

    /// Reads page by page, and writes each when its transaction has ended: a reader of the output may take its time.
    private func export<Rows: ExportPresentation>(
        _: Rows.Type, in world: World, note: String? = nil
    ) throws {
        let query = ExportQuery(period: try period.period(in: world), filter: sockets.filter)
        let reader = try HistoryReader(path: database.path(in: world))
        var rows = try database.ask(reader, in: world, upTo: query.period.until, about: query.filter) {
            try Rows($0, query)
        }
        if let note { world.note("note: \(note)") }
        if let since = rows.keptSince {
            world.note("note: \(table.rawValue) are kept since \(since), and told from then on.")
        }
        let writer = try ExportWriter<Rows>(output, to: world.output)
        var isDone = false
        while !isDone {
            let page = try reader.read { try rows.next($0, .standard) }
            try writer.write(page.rows)
            isDone = page.isLast
        }
        try world.output.flush()
    }
}

extension CSVColumn<IntervalDocument> {
    /// The columns of an interval.
    fileprivate static var interval: [CSVColumn] {
        CSVColumn.socket(\.socket) + [CSVColumn("from", \.from), CSVColumn("to", \.to)]
    }
}

extension SocketExport: ExportPresentation {
    static var csv: [CSVColumn<IntervalDocument>] { CSVColumn.interval }
}

extension ListenerExport: ExportPresentation {
    static var csv: [CSVColumn<IntervalDocument>] { CSVColumn.interval }
}

extension SampleExport: ExportPresentation {
    static var csv: [CSVColumn<SampleRow>] {
        [
            CSVColumn("number", \.number), CSVColumn("taken_at", \.takenAt), CSVColumn("boot_id", \.bootID),
            CSVColumn("boot_clock_ms", \.bootClockMilliseconds), CSVColumn("duration_ms", \.durationMilliseconds),
            CSVColumn("cpu_ms", \.cpuMilliseconds), CSVColumn("interval_ms", \.intervalMilliseconds),
            CSVColumn("sockets", \.sockets), CSVColumn("errors_permission_denied", \.errors.permissionDenied),
            CSVColumn("errors_malformed", \.errors.malformed), CSVColumn("missed", \.missed),
            CSVColumn("listen_overflows", \.listenOverflows), CSVColumn("listen_drops", \.listenDrops),
            CSVColumn("time_wait_overflow", \.timeWaitOverflow),
        ]
    }
}

extension DestinationExport: ExportPresentation {
    static var csv: [CSVColumn<DestinationRow>] {
        [
            CSVColumn("resolution", \.resolution), CSVColumn("at", \.at), CSVColumn("until", \.until),
            CSVColumn("samples", \.samples), CSVColumn("namespace", \.namespace),
            CSVColumn("local_address", \.localAddress), CSVColumn("remote_address", \.remoteAddress),
            CSVColumn("remote_port", \.remotePort), CSVColumn("used_mean", \.used?.mean),
            CSVColumn("used_max", \.used?.max), CSVColumn("used_max_at", \.used?.maxAt),
            CSVColumn("capacity", \.capacity), CSVColumn("utilization", \.utilization),
            CSVColumn("time_wait_mean", \.timeWait?.mean), CSVColumn("time_wait_max", \.timeWait?.max),
            CSVColumn("time_wait_max_at", \.timeWait?.maxAt), CSVColumn("opened", \.opened),
            CSVColumn("closed", \.closed),
        ]
    }
}

extension AlertExport: ExportPresentation {
    static var csv: [CSVColumn<AlertDocument>] { CSVColumn.alert }
}
