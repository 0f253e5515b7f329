import PortModel

/// `port_stolen`: the port of a listener that has gone is held by an outgoing connection, any program's, or by its TIME_WAIT.
///
/// The kernel gives connect() any port of its range that is neither reserved nor bound. A port that it gave away cannot be
/// bound again on that address or on a wildcard, whatever the options (kernel rules: inet_csk_get_port).
enum PortStolen {
    /// One finding for each claim that was stolen; an episode ends when a listener is back.
    static func findings(in scene: ConflictScene, thieves: GapOccupants) -> [ConflictFinding] {
        thieves.byKey.compactMap { key, gaps in finding(key, gaps, in: scene) }
    }

    private static func finding(
        _ key: BindKey, _ gaps: [GapOccupants.Occupied], in scene: ConflictScene
    ) -> ConflictFinding? {
        let spans = SampleSpans(gaps.flatMap { occupied in
            occupied.sockets.lives.map { $0.samples.clamped(to: occupied.gap.samples) }
        })
        let thieves = gaps.flatMap(\.sockets.lives).newestFirst
        guard let first = spans.first, let last = spans.last, let thief = thieves.first else { return nil }
        let victims = (gaps.last?.gap.before ?? []).newestFirst
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let place = text.place(key)
        let holds = lasts ? "holds" : "held"
        let explanation =
            "\(text.program(of: thief)) \(holds) the connection from \(text.connection(thief))"
            + (thief.newest.state == .timeWait ? ", now in TIME_WAIT," : "")
            + " on the port of \(text.program(of: victims)), whose listener on \(place) \(lasts ? "has" : "had") gone. "
            + "As long as it \(lasts ? "stands" : "stood"), bind() to \(place) \(lasts ? "fails" : "failed")"
            + " with EADDRINUSE, with SO_REUSEADDR too."
        return ConflictFinding(
            kind: .portStolen, severity: lasts ? .critical : .warning, key: key,
            parties: Array(thieves.prefix(ConflictFinding.shownParties) + victims.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, thieves.count - ConflictFinding.shownParties)
                + max(0, victims.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: gaps.count, explanation: explanation,
            remedies: remedies(key, thief: thief, victims: victims, lasts: lasts, in: scene))
    }

    private static func remedies(
        _ key: BindKey, thief: SocketLife, victims: [SocketLife], lasts: Bool, in scene: ConflictScene
    ) -> [String] {
        let remedies = Remedies(scene: scene)
        var lines: [String] = []
        if lasts {
            if thief.newest.state == .timeWait {
                lines.append("Wait until the TIME_WAIT is over: 60 seconds at most")
            } else {
                lines.append(remedies.close(thief))
            }
            lines += remedies.restart(victims)
        }
        lines += remedies.reserve(key.port)
        let range = scene.newestLimits(of: key.namespace).range
        if range.contains(key.local.port) {
            lines.append("Or give the listener a port outside \(range.first)-\(range.last)")
        }
        return lines
    }
}
