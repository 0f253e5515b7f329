import PortModel

/// `ownership_change`: after a listener ended, the next one on the address and port is another program.
enum OwnershipChange {
    /// One finding for each claim that changed hands.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let changes = Generations(of: lives).successions.filter { change in
            scene.period.contains(change.start)
                && scene.identity(of: change.new).isAnotherProgram(than: scene.identity(of: change.old))
        }
        guard let first = changes.first, let last = changes.last else { return nil }
        let text = ConflictText(scene: scene)
        let next = text.program(of: last.new)
        return ConflictFinding(
            .ownershipChange, .warning, key, sides: [last.new.newestFirst, last.old.newestFirst],
            samples: first.start...last.start, occurrences: changes.count,
            explanation: "After \(text.program(of: last.old)) had stopped listening on \(text.place(key)), the next "
                + "listener there was another program, \(next).",
            remedies: [
                "If that was not intended, find out who started \(next) and give it another port than \(key.local.port)"
            ] + Remedies(scene: scene).stopOne(of: last.new))
    }
}
