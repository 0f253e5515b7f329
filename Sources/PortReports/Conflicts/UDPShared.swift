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
        guard let first = together.shared.first, let last = together.shared.last else { return nil }
        let sharing = lives.filter { together.shared.overlaps($0.samples) }.newestFirst
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let strange = !together.strange.isEmpty
        let stops = strange ? Remedies(scene: scene).stopEach(of: sharing) : []
        return ConflictFinding(
            kind: .udpShared, severity: strange ? .warning : .info, key: key,
            parties: Array(sharing.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, sharing.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: together.shared.runs.count,
            explanation: "\(text.programs(of: sharing)) \(lasts ? "have" : "had") \(sharing.count) UDP sockets on "
                + "\(text.place(key)). With SO_REUSEADDR the one that was bound last gets every unicast datagram, with "
                + "SO_REUSEPORT they are spread over all.",
            remedies: strange
                ? [
                    stops.isEmpty ? nil : "Stop the one that does not belong there: \(stops.joined(separator: ", or "))",
                    "Give each program a port or an address of its own, unless they only share multicast",
                ].compactMap { $0 }
                : ["Nothing, if these are the workers of one server by SO_REUSEPORT, or share multicast"])
    }
}
