import PortModel

/// `held_by_time_wait`: the listener has gone, and connections that it had accepted remain in TIME_WAIT. A bind() to its
/// address succeeds only if the old and the new socket set SO_REUSEADDR.
enum HeldByTimeWait {
    /// One finding for each claim; an episode is one time without a listener.
    static func findings(in scene: ConflictScene, remains: GapOccupants) -> [ConflictFinding] {
        remains.byKey.compactMap { key, gaps in finding(key, gaps, in: scene) }
    }

    private static func finding(
        _ key: BindKey, _ gaps: [GapOccupants.Occupied], in scene: ConflictScene
    ) -> ConflictFinding? {
        let spans = SampleSpans(gaps.flatMap { occupied in
            occupied.sockets.lives.map { $0.samples.clamped(to: occupied.gap.samples) }
        })
        let sockets = gaps.flatMap(\.sockets.lives).newestFirst
        guard let first = spans.first, let last = spans.last, let victims = gaps.last?.gap.before else { return nil }
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let remedies = Remedies(scene: scene)
        let place = text.place(key)
        let count = gaps.last?.sockets.lives.count ?? 0
        let explanation =
            "The listener of \(text.program(of: victims)) on \(place) \(lasts ? "has" : "had") gone, and \(count) "
            + (count == 1 ? "connection" : "connections")
            + " that it accepted \(lasts ? (count == 1 ? "is" : "are") : (count == 1 ? "was" : "were")) still in TIME_WAIT. "
            + "Until \(count == 1 ? "its" : "their") 60 seconds are over, bind() to \(place) "
            + "\(lasts ? "fails" : "failed") with EADDRINUSE unless the old and the new socket both set SO_REUSEADDR."
        return ConflictFinding(
            kind: .heldByTimeWait, severity: lasts ? .warning : .info, key: key,
            parties: Array(sockets.prefix(ConflictFinding.shownParties) + victims.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, sockets.count - ConflictFinding.shownParties)
                + max(0, victims.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: gaps.count, explanation: explanation,
            remedies: [
                "Set SO_REUSEADDR on the listening socket before bind(): then a restart need not wait",
                lasts ? "Wait until the TIME_WAITs are over: 60 seconds at most" : nil,
                "Let the clients close first: the side that closes first keeps the TIME_WAIT",
            ].compactMap { $0 } + (lasts ? remedies.restart(victims) : []))
    }
}
