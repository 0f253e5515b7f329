import PortModel

/// `reuseport_strangers`: listeners of different programs or users on one address and port. Several sockets that listen
/// there prove SO_REUSEPORT, and the kernel spreads the connections over all of them.
enum ReuseportStrangers {
    /// One finding for each claim that strangers shared.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let strange = Coexistence(of: lives, in: scene).strange
        guard let first = strange.first, let last = strange.last else { return nil }
        let sharing = lives.filter { strange.overlaps($0.samples) }.newestFirst
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let stops = Remedies(scene: scene).stopEach(of: sharing)
        return ConflictFinding(
            kind: .reuseportStrangers, severity: .warning, key: key,
            parties: Array(sharing.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, sharing.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: strange.runs.count,
            explanation: "\(text.programs(of: sharing)) \(lasts ? "listen" : "listened") on \(text.place(key)) at the same "
                + "time by SO_REUSEPORT. The kernel \(lasts ? "spreads" : "spread") new connections over all of their "
                + "sockets, so that each program \(lasts ? "gets" : "got") a part of what was meant for another.",
            remedies: [
                stops.isEmpty ? nil : "Stop the one that does not belong there: \(stops.joined(separator: ", or "))",
                "Give each program a port of its own",
                "Leave SO_REUSEPORT out where one program alone should have the port: then a second bind() fails",
            ].compactMap { $0 })
    }
}
