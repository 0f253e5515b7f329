import PortModel

/// `udp_shared`: several UDP sockets on one address and port. With SO_REUSEADDR the last binder gets the datagrams, with
/// SO_REUSEPORT they are spread.
enum UDPShared {
    /// One finding for each claim that several sockets shared.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.datagrams.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        guard lives.count > 1 else { return nil }
        let together = Coexistence(of: lives, in: scene)
        guard let samples = together.shared.bounds else { return nil }
        let sharing = lives.filter { together.shared.overlaps($0.samples) }.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let isStrange = !together.strange.isEmpty
        let text = ConflictText(scene: scene)
        return ConflictFinding(
            .udpShared, isStrange ? .warning : .info, key, sides: [sharing], samples: samples,
            occurrences: together.shared.runs.count,
            explanation: "\(sharing.count) UDP sockets \(lasts ? "share" : "shared") \(text.place(key)), of "
                + "\(text.programs(of: sharing)). With SO_REUSEADDR the one that was bound last gets every unicast "
                + "datagram, with SO_REUSEPORT they are spread over all.",
            remedies: isStrange
                ? Remedies(scene: scene).stopOne(of: sharing) + [
                    "Give each program a port or an address of its own, unless they only share multicast"
                ]
                : ["Nothing, if these are one server's workers by SO_REUSEPORT, or share multicast"])
    }
}
