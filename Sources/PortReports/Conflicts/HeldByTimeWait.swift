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
        guard let samples = gaps.occupiedSamples.bounds, let newest = gaps.last else { return nil }
        let sockets = gaps.flatMap(\.sockets.lives).newestFirst
        let victims = newest.gap.before.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let place = text.place(key)
        let count = newest.sockets.lives.count
        let remain = count == 1 ? "1 connection that it had accepted" : "\(count) connections that it had accepted"
        let gone =
            lasts
            ? "has gone, with \(remain) still in TIME_WAIT. Until that is over, bind() to \(place) fails"
            : "had gone, with \(remain) still in TIME_WAIT. Until that was over, bind() to \(place) failed"
        var lines = ["Set SO_REUSEADDR on the listening socket before bind(): then a restart need not wait"]
        if lasts {
            lines.append("Wait until the last TIME_WAIT is over: 60 seconds at most")
            lines += Remedies(scene: scene).restart(victims)
        }
        lines.append("Let the clients close first: the side that closes first keeps the TIME_WAIT")
        return ConflictFinding(
            .heldByTimeWait, lasts ? .warning : .info, key, sides: [sockets, victims], samples: samples,
            occurrences: gaps.count,
            explanation:
                "The listener of \(text.program(of: victims)) on \(place) \(gone) with EADDRINUSE, unless the old "
                + "and the new socket both set SO_REUSEADDR.",
            remedies: lines)
    }
}
