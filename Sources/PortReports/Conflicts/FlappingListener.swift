import PortModel

/// `flapping_listener`: the listener came and went at least three times in the period.
enum FlappingListener {
    /// How often makes it flapping.
    static let threshold = 3

    /// One finding for each claim whose presence ended often. Workers that take over from each other (SO_REUSEPORT) with one
    /// socket always there do not end it, and neither does a reboot of the host.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let ends = Generations(of: lives).ends.map { $0 + 1 }
            .filter { scene.period.contains($0) && !scene.boots.contains($0) }
        guard ends.count >= threshold, let first = ends.first, let last = ends.last else { return nil }
        let listening = lives.filter { $0.samples.overlaps(scene.period) }.newestFirst
        let text = ConflictText(scene: scene)
        return ConflictFinding(
            .flappingListener, .warning, key, sides: [listening], samples: first...last, occurrences: ends.count,
            explanation: "The listener of \(text.program(of: Array(listening.prefix(1)))) on \(text.place(key)) went "
                + "\(ends.count) times in the period. Connections in between were refused.",
            remedies: Remedies(scene: scene).logs(of: listening) + [
                "Find out why it restarts: it crashes, fails a health check, or its supervisor gives up too early"
            ])
    }
}
