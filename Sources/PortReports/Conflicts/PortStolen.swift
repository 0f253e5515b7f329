import PortModel

/// `port_stolen`: the port of a listener that has gone is held by an outgoing connection, any program's, or by its TIME_WAIT.
///
/// The kernel gives connect() any port of its range that is neither reserved nor bound. A port that it gave away cannot be
/// bound again on that address or on a wildcard, whatever the options, until the connection and its TIME_WAIT are over
/// (`inet_csk_get_port` in net/ipv4/inet_connection_sock.c). A port outside the range the program has bound itself, and then
/// SO_REUSEADDR on both sockets lets the listener return.
enum PortStolen {
    /// One finding for each claim that was stolen; an episode ends when a listener is back.
    static func findings(in scene: ConflictScene, thieves: GapOccupants) -> [ConflictFinding] {
        thieves.byKey.compactMap { key, gaps in finding(key, gaps, in: scene) }
    }

    private static func finding(
        _ key: BindKey, _ gaps: [GapOccupants.Occupied], in scene: ConflictScene
    ) -> ConflictFinding? {
        let thieves = gaps.flatMap(\.sockets.lives).newestFirst
        guard let samples = gaps.occupiedSamples.bounds, let thief = thieves.first, let gap = gaps.last?.gap else {
            return nil
        }
        let victims = gap.before.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let place = text.place(key)
        let isOver = thief.newest.state == .timeWait
        let holds =
            "\(text.program(of: thief)) \(lasts ? "holds" : "held") the connection from \(text.connection(thief))"
            + (isOver ? ", which is over and in TIME_WAIT," : "") + " on the port of \(text.program(of: victims))"
        let fails =
            lasts
            ? "whose listener on \(place) has gone. While it stands, bind() to \(place) fails with EADDRINUSE"
            : "whose listener on \(place) had gone. While it stood, bind() to \(place) failed with EADDRINUSE"
        let limits = scene.limits(of: key.namespace, in: samples.lowerBound...samples.lowerBound).last?.limits
        let wasChosen = limits?.mayChoose(key.local.port) ?? false
        let exception = wasChosen ? "SO_REUSEADDR or not" : "unless both sockets set SO_REUSEADDR"
        return ConflictFinding(
            .portStolen, lasts ? .critical : .warning, key, sides: [thieves, victims], samples: samples,
            occurrences: gaps.count, explanation: "\(holds), \(fails), \(exception).",
            remedies: remedies(key, thief: lasts ? thief : nil, victims: victims, in: scene))
    }

    private static func remedies(
        _ key: BindKey, thief: SocketLife?, victims: [SocketLife], in scene: ConflictScene
    ) -> [String] {
        let remedies = Remedies(scene: scene)
        var lines: [String] = []
        if let thief {
            let isOver = thief.newest.state == .timeWait
            lines.append(isOver ? "Wait until the TIME_WAIT is over: 60 seconds at most" : remedies.close(thief))
            lines += remedies.restart(victims)
        }
        return lines + remedies.reserve(key.port) + remedies.move(key.port)
    }
}
