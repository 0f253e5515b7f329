import PortModel

/// `listener_in_range`: a listener inside `ip_local_port_range` that is not reserved. While it restarts, any outgoing
/// connection may be given its port.
enum ListenerInRange {
    /// One finding for each claim that was at risk, over the samples in which the limits of then made it one.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.listeners.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        let present = SampleSpans(lives.map(\.samples)).clamped(to: scene.period)
        let pieces = present.runs.flatMap { scene.limits(of: key.namespace, in: $0) }
            .filter { $0.limits.mayChoose(key.local.port) }
        let risky = SampleSpans(pieces.map(\.samples))
        guard let samples = risky.bounds, let limits = pieces.last?.limits else { return nil }
        let listening = lives.filter { risky.overlaps($0.samples) }.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let remedies = Remedies(scene: scene)
        let range = "\(limits.range.first)-\(limits.range.last)" + (limits.assumed ? " (assumed)" : "")
        return ConflictFinding(
            .listenerInRange, .warning, key, sides: [listening], samples: samples, occurrences: risky.runs.count,
            explanation:
                "\(text.program(of: listening)) \(lasts ? "listens" : "listened") on \(text.place(key)), a port "
                + "of ip_local_port_range \(range) that \(lasts ? "is" : "was") not reserved. While a listener there "
                + "restarts, any outgoing connection may be given the port, and bind() then fails with EADDRINUSE.",
            remedies: remedies.reserve(key.port) + remedies.move(key.port))
    }
}
