import PortModel

/// When several sockets stood on one address and port at the same time, and when they were strangers to each other.
struct Coexistence {
    /// The samples in which there was more than one socket.
    private(set) var shared = SampleSpans()
    /// Those of them in which not all were of one program and one user, as far as that is known.
    private(set) var strange = SampleSpans()

    /// Follows the sockets of one address and port through the period.
    init(of lives: [SocketLife], in scene: ConflictScene) {
        let present = lives.filter { $0.samples.overlaps(scene.period) }
        guard present.count > 1 else { return }
        var programs: [ProgramIdentity] = []
        var changes: [(sample: Int, comes: Bool, program: Int?, uid: UInt32?)] = []
        for life in present {
            let identity = scene.identity(of: life)
            let program = Self.number(of: identity, in: &programs)
            let samples = life.samples.clamped(to: scene.period)
            changes.append((samples.lowerBound, true, program, identity.uid))
            changes.append((samples.upperBound + 1, false, program, identity.uid))
        }
        changes.sort { $0.sample < $1.sample }

        var sockets = 0
        var byProgram: [Int: Int] = [:]
        var byUser: [UInt32: Int] = [:]
        for (index, change) in changes.enumerated() {
            let step = change.comes ? 1 : -1
            sockets += step
            if let program = change.program { Self.count(program, by: step, in: &byProgram) }
            if let uid = change.uid { Self.count(uid, by: step, in: &byUser) }
            guard index + 1 < changes.count, changes[index + 1].sample > change.sample, sockets > 1 else { continue }
            let range = change.sample...(changes[index + 1].sample - 1)
            shared.append(range)
            if byProgram.count > 1 || byUser.count > 1 { strange.append(range) }
        }
    }

    /// Programs that have an executable in common have one number; an unknown one has none.
    private static func number(of identity: ProgramIdentity, in programs: inout [ProgramIdentity]) -> Int? {
        guard identity.isKnown else { return nil }
        if let number = programs.firstIndex(where: { $0.sharesProgram(with: identity) }) { return number }
        programs.append(identity)
        return programs.count - 1
    }

    private static func count<Key: Hashable>(_ key: Key, by step: Int, in counts: inout [Key: Int]) {
        let count = (counts[key] ?? 0) + step
        counts[key] = count == 0 ? nil : count
    }
}
