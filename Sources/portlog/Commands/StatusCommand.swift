import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog status`
struct StatusCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Whether it is recording, since when, how large, at what cost, and how many sockets there are.",
        discussion: "With --at, the sample and the totals are those of that moment; the database is as it is now.")

    @OptionGroup var database: DatabaseOption
    @OptionGroup var instant: InstantOptions
    @OptionGroup var question: QuestionOptions

    func run(in world: World) async throws {
        let reader = try HistoryReader(path: database.path(in: world))
        let query = StatusQuery(
            at: try instant.instant(in: world), filter: question.filter, limit: question.limit(),
            recording: reader.isRecording, loss: reader.loss,
            database: DatabaseFacts(path: reader.path, bytes: FileSizes(of: reader.path).total))
        let report = try database.ask(reader, in: world, upTo: query.at, about: query.filter) {
            try StatusReport.make($0, query)
        }
        try question.show(report, in: world)
    }
}

extension StatusReport: Presentation {
    static var list: MainList<StatusReport, [Total]> { MainList("totals", \.totals) }

    static var csv: [CSVColumn<Total>] {
        [
            CSVColumn("namespace", \.namespace), CSVColumn("protocol", \.transport.rawValue),
            CSVColumn("family", \.table.family.rawValue), CSVColumn("state", \.stateName), CSVColumn("count", \.count),
        ]
    }

    func columns(on page: Page) -> [TableColumn<Total>] {
        let namespace = TableColumn<Total>.namespace(among: totals.lazy.map(\.namespace), \.namespace)
        return namespace + [
            TableColumn("PROTO", \.table.fileName), TableColumn("STATE", \.stateName),
            TableColumn("COUNT", number: \.count),
        ]
    }

    func head(on page: Page) -> [Block] {
        let sample = lastSample
        let taken = "\(page.zonedTime(sample.takenAt)), \(page.age(sample.takenAt))"
        var facts = [
            Fact("host", host),
            Fact("recording", recording ? "yes" : "no", emphasis: recording ? .good : .critical),
            Fact("last sample", "\(taken), number \(sample.number)"),
            Fact("sockets", "\(sample.sockets)"),
            Fact("interval", HumanFormat.duration(milliseconds: Int64(intervalMilliseconds))),
            Fact("cost", "\(cost(sample.durationMilliseconds)) a sample, \(cost(sample.cpuMilliseconds)) of CPU time"),
        ]
        if namespaces.count > 1 { facts.append(Fact("namespaces", others)) }
        facts += [
            Fact("missed", missed, emphasis: missedSamples > 0 ? .warning : nil)
        ]
        if let losing {
            let lost = "\(HumanFormat.count(losing.samples, "sample")) since \(page.time(losing.since))"
            facts.append(Fact("losing", "\(lost): \(losing.cause)", emphasis: .critical))
        }
        if let errors = errors(sample.errors) { facts.append(Fact("errors", errors, emphasis: .warning)) }
        if alerts.open + alerts.suppressed > 0 {
            let more = alerts.suppressed > 0 ? ", \(alerts.suppressed) more not begun because too many lasted" : ""
            facts.append(Fact("alerts", "\(alerts.open) open: portlog alerts --active\(more)", emphasis: .warning))
        }
        if alerts.failed + alerts.dropped > 0 {
            let text = "\(alerts.delivered) delivered, \(alerts.failed) failed, \(alerts.dropped) given up"
            facts.append(Fact("deliveries", text, emphasis: .warning))
        }
        facts += [
            Fact("database", "\(database.path), \(size)"),
            Fact("history", history(on: page), emphasis: database.isShortened ? .warning : nil),
        ]
        return [.facts(facts)]
    }

    var nothing: String {
        // Where the whole sample is empty no filter has kept anything back.
        lastSample.sockets == 0 ? "No TCP or UDP sockets at this time." : "No sockets of that kind at this time."
    }

    private func history(on page: Page) -> String {
        var text = "\(samples) since \(page.time(database.firstSampleAt))"
        if database.isShortened { text += ", the budget has no room for more" }
        if let minutes = database.minutesSince, minutes < database.firstSampleAt ?? minutes {
            text += "; minutes since \(page.time(minutes))"
        }
        if let hours = database.hoursSince, hours < database.minutesSince ?? hours {
            text += "; hours since \(page.time(hours))"
        }
        return text
    }

    /// How many namespaces there are, and which of them are not read with every sample, or without their sysctls.
    private var others: String {
        let paused = namespaces.count { $0.intervalMilliseconds ?? 0 > intervalMilliseconds }
        let assumed = namespaces.count { $0.assumed }
        var text = "\(namespaces.count)"
        if paused > 0 { text += ", \(paused) of them idle and read less often" }
        if assumed > 0 { text += ", \(assumed) with sysctls that may not be read (CAP_SYS_ADMIN)" }
        return text
    }

    private var missed: String { missedSamples == 0 ? "none" : HumanFormat.count(missedSamples, "sample") }

    private var size: String {
        let bytes = HumanFormat.bytes(database.bytes)
        return database.budgetBytes.map { "\(bytes) of \(HumanFormat.bytes($0))" } ?? bytes
    }

    private func errors(_ errors: Errors) -> String? {
        var parts: [String] = []
        if errors.permissionDenied > 0 {
            let processes = HumanFormat.count(errors.permissionDenied, "process", "processes")
            parts.append(
                "\(processes) not looked into (permission denied; root or CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH may)")
        }
        if errors.malformed > 0 { parts.append("\(HumanFormat.count(errors.malformed, "malformed row"))") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private var samples: String { HumanFormat.count(database.samples, "sample") }

    private func cost(_ value: Double) -> String { "\(HumanFormat.number(value)) ms" }
}
