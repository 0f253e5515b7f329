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
        guard let samples = strange.bounds else { return nil }
        let sharing = lives.filter { strange.overlaps($0.samples) }.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let spread =
            lasts
            ? "The kernel spreads new connections over all of their sockets: each gets a part of what another expects"
            : "The kernel spread new connections over all of their sockets: each got a part of what another expected"
        return ConflictFinding(
            .reuseportStrangers, .warning, key, sides: [sharing], samples: samples, occurrences: strange.runs.count,
            explanation: "\(text.programs(of: sharing)) \(lasts ? "listen" : "listened") on \(text.place(key)) at the "
                + "same time, by SO_REUSEPORT. \(spread).",
            remedies: Remedies(scene: scene).stopOne(of: sharing) + [
                "Give each program a port of its own",
                "Leave SO_REUSEPORT out where one program alone should have the port: then a second bind() fails",
            ])
    }
}
