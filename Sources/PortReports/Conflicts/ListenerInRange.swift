import PortModel

/// `listener_in_range`: a listener inside `ip_local_port_range` that is not reserved. While it restarts, any outgoing
/// connection may be given its port.
enum ListenerInRange {
    /// One finding for each claim that was at risk, over the samples in which the limits of then made it one.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let spans = SampleSpans(lives.map(\.samples)).clamped(to: scene.period)
        var ranges: [ClosedRange<Int>] = []
        var limits = PortLimits()
        for run in spans.runs {
            for piece in scene.limits(of: key.namespace, in: run) where piece.limits.mayChoose(key.local.port) {
                ranges.append(piece.samples)
                limits = piece.limits
            }
        }
        let risky = SampleSpans(ranges)
        guard let first = risky.first, let last = risky.last else { return nil }
        let listening = lives.filter { risky.overlaps($0.samples) }.newestFirst
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let range = "\(limits.range.first)-\(limits.range.last)"
        return ConflictFinding(
            kind: .listenerInRange, severity: .warning, key: key,
            parties: Array(listening.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, listening.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: risky.runs.count,
            explanation: "\(text.program(of: listening)) \(lasts ? "listens" : "listened") on \(text.place(key)), a port "
                + "of ip_local_port_range \(range)\(limits.assumed ? " (assumed)" : "") that is not reserved. While it "
                + "restarts, any outgoing connection may be given the port, and its bind() then fails with EADDRINUSE.",
            remedies: Remedies(scene: scene).reserve(key.port) + ["Or give it a port outside \(range)"])
    }
}
