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
                let behind = wildcards.filter { $0.key != key && $0.key.local.address.covers(key.local.address) }
                return Shadows(of: takers, over: behind.flatMap(\.value), in: scene).finding(key, in: scene)
            }
        }
    }
}

/// Which listeners on one address and port took connections from which wildcards, and when.
private struct Shadows {
    private var takers = Set<SocketLife>()
    private var wildcards = Set<SocketLife>()
    private var samples = SampleSpans()
    /// False while the only wildcards are `::` and the takers IPv4: with IPV6_V6ONLY nothing is taken.
    private var isCertain = false

    init(of takers: [SocketLife], over wildcards: [SocketLife], in scene: ConflictScene) {
        var ranges: [ClosedRange<Int>] = []
        for taker in takers {
            for wildcard in wildcards where taker.samples.overlaps(wildcard.samples) {
                let both = taker.samples.clamped(to: wildcard.samples)
                guard both.overlaps(scene.period), let isCertain = Self.shadow(of: taker, over: wildcard, in: scene)
                else {
                    continue
                }
                ranges.append(both.clamped(to: scene.period))
                self.isCertain = self.isCertain || isCertain
                self.takers.insert(taker)
                self.wildcards.insert(wildcard)
            }
        }
        samples = SampleSpans(ranges)
    }

    /// Whether one listener certainly takes connections from another's wildcard; `nil` when it does not.
    private static func shadow(of taker: SocketLife, over wildcard: SocketLife, in scene: ConflictScene) -> Bool? {
        let (mine, theirs) = (scene.identity(of: taker), scene.identity(of: wildcard))
        guard mine.isAnotherProgram(than: theirs) else { return nil }
        guard wildcard.newest.local.address == .anyIPv6, taker.newest.local.address.isIPv4 else { return true }
        // Beside a dual-stack `::` only SO_REUSEPORT lets IPv4 listen, and that takes one user for both.
        return mine.isAnotherUser(than: theirs) ? nil : false
    }

    func finding(_ key: BindKey, in scene: ConflictScene) -> ConflictFinding? {
        guard let bounds = samples.bounds else { return nil }
        let (front, behind) = (Array(takers).newestFirst, Array(wildcards).newestFirst)
        let lasts = bounds.upperBound == scene.period.upperBound
        let text = ConflictText(scene: scene)
        let places = Set(behind.map { "\($0.newest.local)" }).sorted().joined(separator: " and ")
        let listens = lasts ? text.verb(front, "listens", "listen") : "listened"
        let takes = lasts ? text.verb(front, "takes", "take") : "took"
        let effect =
            isCertain
            ? "\(takes) the connections to that address, which the wildcard includes."
            : "\(takes) its IPv4 connections, unless that socket is IPV6_V6ONLY, which /proc does not show."
        return ConflictFinding(
            .shadowedListener, isCertain ? .warning : .info, key, sides: [front, behind], samples: bounds,
            occurrences: samples.runs.count,
            explanation: "\(text.programs(of: front)) \(listens) on \(text.place(key)) beside "
                + "\(text.programs(of: behind)) on \(places) and \(effect)",
            remedies: isCertain
                ? [
                    "Bind the other listener to the addresses that it is meant for, instead of the wildcard",
                    "Or give one of them another port than \(key.local.port)",
                ]
                : ["If both are meant to be there, set IPV6_V6ONLY on the IPv6 socket: then each has its own family"])
    }
}
