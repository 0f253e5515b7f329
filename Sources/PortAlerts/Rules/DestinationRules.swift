import PortHistory
import PortModel

/// `ephemeral_exhaustion` and `slow_connect`: what is said of the destinations that have changed, and of those near their end.
struct DestinationRules {
    private struct Place: Hashable {
        var namespace: Int
        var destination: Destination
    }

    /// From this utilization on a destination is followed, or from where a rule begins to look at it.
    private static let followed = 0.1

    private var tracks: [Place: DestinationTrack] = [:]
    private var sampleBefore: Int64?

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        let isLooked = [AlertRule.ephemeralExhaustion, .slowConnect].contains(where: stories.configuration.isLookedAt)
        let floor = min(
            RuleSettings.forecastFloor,
            stories.configuration.lowestWarning(.ephemeralExhaustion) * RuleSettings.hysteresis)
        let followed = min(Self.followed, floor)
        if !isLooked { tracks = [:] }
        var changed: Set<Place> = []
        for towards in figures.destinations where isLooked {
            let place = Place(namespace: towards.namespace, destination: towards.destination)
            guard let namespace = names[towards.namespace], towards.use.utilization >= followed else {
                tracks[place] = nil
                continue
            }
            changed.insert(place)
            let reuses = TimeWaitReuse(namespace.limits).applies(to: towards.destination)
            var track =
                tracks[place]
                ?? DestinationTrack(
                    towards.use, usedBefore: figures.isComplete ? towards.use.used : towards.usedBefore,
                    before: figures.isComplete ? nil : sampleBefore)
            track.add(towards.use, entered: towards.entered, reuses: reuses, at: now.boot, before: sampleBefore)
            tracks[place] = track
        }
        for place in tracks.keys {
            guard let namespace = names[place.namespace], var track = tracks[place] else {
                tracks[place] = nil
                continue
            }
            if !changed.contains(place) {
                track.setCapacity(namespace.capacity)
                if track.use.utilization >= floor { track.stay(at: now.boot) }
            }
            judge(&track, place, namespace, witness, at: now, floor, &stories)
            tracks[place] = track
        }
        rest(of: .ephemeralExhaustion, names, at: now, &stories)
        rest(of: .slowConnect, names, at: now, &stories)
        sampleBefore = now.boot
    }

    /// What lasts and is not followed any more has nothing to say.
    private func rest(
        of rule: AlertRule, _ names: [Int: SampleFigures.Namespace], at now: Moment, _ stories: inout AlertStories
    ) {
        let open = stories.openSubjects(rule)
        if open.isEmpty { return }
        let numbers = Dictionary(names.values.map { ($0.name, $0.number) }) { $1 }
        for subject in open {
            if let number = numbers[subject.namespace], let destination = subject.destination,
                tracks[Place(namespace: number, destination: destination)] != nil
            {
                continue
            }
            stories.observe(rule, subject, .nothing, at: now) { _ in .init(message: "") }
        }
    }

    private func judge(
        _ track: inout DestinationTrack, _ place: Place, _ namespace: SampleFigures.Namespace,
        _ witness: some AlertWitness, at now: Moment, _ floor: Double, _ stories: inout AlertStories
    ) {
        let use = track.use
        lazy var subject = AlertSubject(place.destination, in: namespace.name)
        lazy var owners = OwnerRanking.owners(
            of: witness.holders(namespace: place.namespace, towards: place.destination), witness)
        let words = DestinationWords(place.destination, namespace, use)
        if use.utilization >= floor {
            judgeExhaustion(&track, subject, words, at: now, &stories) { owners }
        } else {
            track.warn(false, at: now.boot)
            if !stories.openSubjects(.ephemeralExhaustion).isEmpty {
                stories.observe(
                    .ephemeralExhaustion, subject, Observation(use.utilization, nil, rest: .isNow(true)), at: now
                ) { _ in .init(message: "") }
            }
        }
        // Without any free port connect() fails; that is not slower, and no better.
        let isSlow = use.slowConnect && use.free > 0
        guard isSlow || !stories.openSubjects(.slowConnect).isEmpty || use.utilization >= floor else { return }
        let settings = stories.configuration.settings(.slowConnect, subject) {
            track.owners(at: now.boot) { owners }
        }
        let severity = isSlow ? AlertSeverity.warning : nil
        stories.observe(
            .slowConnect, subject,
            Observation(
                use.utilization, severity, rest: .isNow(use.freeOfLowParity * 20 >= use.capacity),
                hold: settings.hold, isEnabled: settings.isEnabled), at: now
        ) { _ in words.slow(owners) }
    }

    private func judgeExhaustion(
        _ track: inout DestinationTrack, _ subject: AlertSubject, _ words: DestinationWords, at now: Moment,
        _ stories: inout AlertStories, _ owners: () -> [PortOwner]
    ) {
        let settings = stories.configuration.settings(.ephemeralExhaustion, subject) {
            track.owners(at: now.boot, owners)
        }
        let utilization = track.use.utilization
        let after = utilization >= RuleSettings.forecastFloor ? track.exhaustedAfter : nil
        var severity = settings.severity(of: utilization)
        let soon = after.flatMap { $0 <= settings.forecast ? $0 : nil }
        track.warn(soon != nil, at: now.boot)
        let isForecast =
            soon.map { severity != nil || track.isCertain($0, hold: settings.hold, at: now.boot) } ?? false
        if isForecast { severity = .critical }
        if severity == .warning, track.isSprinting { severity = .critical }
        let time = after.map { now.wall + $0 }
        stories.observe(
            .ephemeralExhaustion, subject,
            Observation(
                utilization, severity, rest: .isNow(settings.isClear(utilization) && !isForecast), hold: settings.hold,
                exhaustedAt: time, isEnabled: settings.isEnabled), at: now
        ) { _ in words.exhaustion(after: after, at: time, owners()) }
    }
}
