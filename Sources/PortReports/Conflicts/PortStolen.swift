import PortHistory
import PortModel

/// `port_stolen`: the port of a listener that has gone is held by an outgoing connection, any program's, or by its TIME_WAIT.
///
/// The kernel gives connect() any port of its range that is neither reserved nor bound. A port that it gave away cannot be
/// bound again on that address or on a wildcard, whatever the options (`inet_csk_get_port` in
/// net/ipv4/inet_connection_sock.c).
enum PortStolen {
    /// One finding for each claim that was stolen; an episode ends when a listener is back.
    static func findings(in scene: ConflictScene, thieves: GapOccupants) -> [ConflictFinding] {
        thieves.byKey.compactMap { key, gaps in finding(key, gaps.compactMap { certain($0, in: scene) }, in: scene) }
    }

    /// Whether a connection that counts as accepted, because it is as new as its listener's end, may be outgoing instead: a
    /// port that the kernel may choose here, and one there that no client gets.
    ///
    /// That is how a theft looks whenever the listener's restart is shorter than the interval between two samples.
    static func mayBeOutgoing(_ interval: SocketInterval, in gap: ListenerGap, _ scene: ConflictScene) -> Bool {
        guard interval.role == .accepted, interval.socketFirst == gap.start, scene.period.contains(gap.start),
            let limits = scene.limits(of: interval.namespace, in: gap.start...gap.start).last?.limits
        else { return false }
        return limits.mayChoose(interval.local.port) && !limits.range.contains(interval.remote.port)
    }

    /// Of what may be outgoing, only what another program holds than the listener's.
    private static func certain(_ occupied: GapOccupants.Occupied, in scene: ConflictScene) -> GapOccupants.Occupied? {
        let listener = scene.identity(of: occupied.gap.before)
        let sockets = occupied.sockets.lives.filter { life in
            if life.newest.role == .outgoing { return true }
            let identity = scene.identity(of: life)
            return identity.isKnown && listener.isKnown && !identity.sharesProgram(with: listener)
        }
        return sockets.isEmpty ? nil : GapOccupants.Occupied(gap: occupied.gap, sockets: SocketLives(lives: sockets))
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
        return ConflictFinding(
            .portStolen, lasts ? .critical : .warning, key, sides: [thieves, victims], samples: samples,
            occurrences: gaps.count, explanation: "\(holds), \(fails), SO_REUSEADDR or not.",
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
