import PortModel

/// `ownership_change`: after a listener ended, the next one on the address and port is another program.
enum OwnershipChange {
    /// One finding for each claim that changed hands.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let changes = Generations(of: lives).successions.filter { old, new in
            guard let start = new.first?.first, scene.period.contains(start) else { return false }
            return scene.identity(of: new).isAnotherProgram(than: scene.identity(of: old))
        }
        guard let first = changes.first?.new.first?.first, let (old, new) = changes.last, let last = new.first?.first
        else { return nil }
        let text = ConflictText(scene: scene)
        let place = text.place(key)
        return ConflictFinding(
            kind: .ownershipChange, severity: .warning, key: key,
            parties: Array(
                new.newestFirst.prefix(ConflictFinding.shownParties) + old.newestFirst.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, new.count - ConflictFinding.shownParties)
                + max(0, old.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: changes.count,
            explanation: "After \(text.program(of: old)) had stopped listening on \(place), the next listener there was "
                + "\(text.program(of: new)), another program.",
            remedies: [
                "If that was not intended, find out who started \(text.program(of: new)) and give it a port of its own"
            ] + Remedies(scene: scene).stop(new))
    }
}
