import ArgumentParser
import PortHistory
import PortModel
import PortReports

extension CheckOptions {
    /// Asks about what is current: the newest sample must not be old. Of a namespace that the history has never seen nothing is
    /// well: its name is mistyped, or it is not recorded.
    func ask<Answer>(in world: World, _ question: (HistoryView) throws -> Answer) throws -> Answer {
        try database.ask(in: world, upTo: nil, about: SocketFilter()) { view in
            if let note = try NamespaceNote(view, namespace: namespace) { throw PortlogError(.usage, note.text) }
            return try question(view)
        }
    }

    /// The last five minutes: they tell where it is going, and an hour is more than anything current needs.
    func recent(_ view: HistoryView) throws -> PeriodQuery {
        guard let newest = try view.newestSample() else { throw NoSampleError.empty }
        return PeriodQuery(since: newest.takenAt - 300_000, until: newest.takenAt)
    }

    /// What is old tells nothing of now.
    func staleness(_ view: HistoryView, _ now: Timestamp) throws -> String? {
        guard let newest = try view.newestSample() else { throw NoSampleError.empty }
        let age = now - newest.takenAt
        let patience = max(60_000, 3 * Int64(newest.intervalMilliseconds))
        return age > patience ? "the newest sample is \(HumanFormat.duration(milliseconds: age)) old" : nil
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
