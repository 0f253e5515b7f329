import PortModel

/// `shadowed_listener`: a listener on a specific address takes connections from another program's wildcard, or one on
/// IPv4's wildcard those that another program's `::` would have got.
enum ShadowedListener {
    /// One finding for each claim that takes something from a wildcard.
    static func findings(in scene: ConflictScene) -> [ConflictFinding] {
        let ports = Dictionary(grouping: scene.listeners, by: { $0.key.port })
        return ports.values.flatMap { listeners -> [ConflictFinding] in
            let wildcards = listeners.filter { $0.key.local.address.isWildcard }
            guard !wildcards.isEmpty, listeners.count > 1 else { return [] }
            return listeners.compactMap { key, takers in
                let shadowed = wildcards.filter { $0.key != key && $0.key.local.address.covers(key.local.address) }
                return finding(key, takers: takers, wildcards: shadowed.flatMap(\.value), in: scene)
            }
        }
    }

    private static func finding(
        _ key: BindKey, takers: [SocketLife], wildcards: [SocketLife], in scene: ConflictScene
    ) -> ConflictFinding? {
        var ranges: [ClosedRange<Int>] = []
        var taking = Set<SocketLife>()
        var shadowed = Set<SocketLife>()
        var certain = false
        for taker in takers {
            for wildcard in wildcards {
                guard taker.samples.overlaps(wildcard.samples) else { continue }
                let both = taker.samples.clamped(to: wildcard.samples)
                guard both.overlaps(scene.period), let shadow = shadow(of: taker, over: wildcard, in: scene) else {
                    continue
                }
                certain = certain || shadow == .certain
                ranges.append(both.clamped(to: scene.period))
                taking.insert(taker)
                shadowed.insert(wildcard)
            }
        }
        let spans = SampleSpans(ranges)
        guard let first = spans.first, let last = spans.last else { return nil }
        let lasts = last == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let (front, behind) = (Array(taking).newestFirst, Array(shadowed).newestFirst)
        let places = Set(behind.map { "\($0.newest.local)" }).sorted().joined(separator: " and ")
        let doubt = "\(lasts ? "takes" : "took") its IPv4 connections, unless that socket is IPV6_V6ONLY, which /proc "
            + "does not show."
        return ConflictFinding(
            kind: .shadowedListener, severity: certain ? .warning : .info, key: key,
            parties: Array(
                front.prefix(ConflictFinding.shownParties) + behind.prefix(ConflictFinding.shownParties)),
            partiesOmitted: max(0, front.count - ConflictFinding.shownParties)
                + max(0, behind.count - ConflictFinding.shownParties),
            first: first, last: last, occurrences: spans.runs.count,
            explanation: "\(text.programs(of: front)) \(lasts ? "listens" : "listened") on \(text.place(key)) beside "
                + "\(text.programs(of: behind)) on \(places) and "
                + (certain
                    ? "\(lasts ? "takes" : "took") every connection to that address, although the wildcard includes it."
                    : doubt),
            remedies: remedies(key, certain: certain))
    }

    private enum Shadow { case certain, possible }

    /// Whether one listener takes connections from another's wildcard; `nil` when it is the same program's or cannot.
    private static func shadow(of taker: SocketLife, over wildcard: SocketLife, in scene: ConflictScene) -> Shadow? {
        let (mine, theirs) = (scene.identity(of: taker), scene.identity(of: wildcard))
        guard mine.isAnotherProgram(than: theirs) else { return nil }
        guard wildcard.newest.local.address == .anyIPv6, taker.newest.local.address.isIPv4 else { return .certain }
        // Beside a dual-stack `::` only SO_REUSEPORT lets IPv4 listen, and that takes one user for both.
        return mine.isAnotherUser(than: theirs) ? nil : .possible
    }

    private static func remedies(_ key: BindKey, certain: Bool) -> [String] {
        guard certain else {
            return ["If both are meant to be there, set IPV6_V6ONLY on the IPv6 socket: then each has its own family"]
        }
        return [
            "Bind the other listener to the addresses that it is meant for, instead of the wildcard",
            "Or give one of them another port than \(key.local.port)",
        ]
    }
}
