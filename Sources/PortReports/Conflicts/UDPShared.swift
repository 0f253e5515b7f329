import PortModel

/// `udp_shared`: several UDP sockets on one address and port, all without a peer or all with the same one. With SO_REUSEADDR
/// the last binder gets the datagrams, with SO_REUSEPORT they are spread.
///
/// A connected socket gets the datagrams of its peer and nobody else does (`compute_score` in net/ipv4/udp.c). So a server of
/// DTLS or QUIC that has a connected socket for each client beside the one that waits for new ones shares nothing.
enum UDPShared {
    /// One finding for each claim that several sockets shared.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        scene.datagrams.compactMap { key, lives in finding(key, lives, in: scene) }
    }

    private static func finding(_ key: BindKey, _ lives: [SocketLife], in scene: ConflictScene) -> ConflictFinding? {
        guard lives.count > 1 else { return nil }
        let rivals = Dictionary(grouping: lives, by: \.peer).values.filter { $0.count > 1 }
            .map { (lives: $0, together: Coexistence(of: $0, in: scene)) }
        let shared = SampleSpans(rivals.flatMap(\.together.shared.runs))
        guard let samples = shared.bounds else { return nil }
        let sharing = rivals.flatMap { group in
            group.lives.filter { group.together.shared.overlaps($0.samples) }
        }.newestFirst
        let lasts = samples.upperBound == scene.period.upperBound
        let isStrange = rivals.contains { !$0.together.strange.isEmpty }
        let text = ConflictText(scene: scene)
        return ConflictFinding(
            .udpShared, isStrange ? .warning : .info, key, sides: [sharing], samples: samples,
            occurrences: shared.runs.count,
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
