import ArgumentParser
import PortHistory
import PortModel
import PortReports

extension CheckOptions {
    /// Asks about what is current. Of a namespace that the history has never seen nothing is well: its name is mistyped, or it is not
    /// recorded.
    ///
    /// - Returns: The answer, and why it tells nothing of now: the newest sample is old.
    func ask<Answer>(in world: World, _ question: (HistoryView) throws -> Answer) throws -> (Answer, stale: String?) {
        let reader = try HistoryReader(path: database.path(in: world))
        return try database.ask(reader, in: world, upTo: nil, about: SocketFilter()) { view in
            if let note = try NamespaceNote(view, namespace: namespace) { throw PortlogError(.usage, note.text) }
            return (try question(view), try staleness(view, isRecording: reader.isRecording, world.now()))
        }
    }

    /// The last five minutes: they tell where it is going, and an hour is more than anything current needs.
    func recent(_ view: HistoryView) throws -> PeriodQuery {
        guard let newest = try view.newestSample() else { throw NoSampleError.empty }
        return PeriodQuery(since: newest.takenAt - 300_000, until: newest.takenAt)
    }

    /// While a recorder runs a minute may pass; nobody waits for the next sample of one that does not.
    private func staleness(_ view: HistoryView, isRecording: Bool, _ now: Timestamp) throws -> String? {
        guard let newest = try view.newestSample() else { throw NoSampleError.empty }
        let age = now - newest.takenAt
        let patience = 3 * Int64(newest.intervalMilliseconds)
        if age <= (isRecording ? max(60_000, patience) : patience + 5000) { return nil }
        return (isRecording ? "" : "no recorder is running, ")
            + "the newest sample is \(HumanFormat.duration(milliseconds: age)) old"
    }

    func range(_ given: CheckRange?, _ standard: String) throws -> CheckRange {
        try given ?? CheckRange(parsing: standard)
    }
}

extension CheckResult {
    /// A result about what is current: of what is old nothing is known.
    init(service: String, _ status: CheckStatus, _ text: String, _ figures: [CheckFigure], _ stale: String?) {
        self.init(
            service: service, status: stale == nil ? status : .unknown, text: stale.map { "\($0); \(text)" } ?? text,
            figures: figures)
    }
}
