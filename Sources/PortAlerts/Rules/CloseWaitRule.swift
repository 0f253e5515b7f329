import PortHistory
import PortModel

/// `close_wait_leak`: a process whose sockets in CLOSE_WAIT only ever rise does not close what its peers have closed.
struct CloseWaitRule {
    /// How the number of a holder's CLOSE_WAITs has gone since it fell last.
    private struct Climb {
        /// Where it began.
        var base: Int
        var since: Int64
        var highest: Int
        var now: Int
        /// In how many samples it has risen, and when it last did.
        var rises = 0
        var lastRise: Int64
        var namespace: Int
        var subject: AlertSubject?

        init(_ figures: SampleFigures.CloseWaits, at time: Int64) {
            (base, since, highest, now, lastRise) = (figures.count, time, figures.count, figures.count, time)
            namespace = figures.namespace
        }

        mutating func note(_ figures: SampleFigures.CloseWaits, at time: Int64) {
            let count = figures.count
            namespace = figures.namespace
            // A few that are closed now and then end no climb.
            if count < highest - max(2, highest / 20) {
                (base, since, highest, rises) = (count, time, count, 0)
            } else if count > highest {
                (highest, lastRise) = (count, time)
                rises += 1
            }
            now = count
        }
    }

    /// A climb that was seen in fewer samples may be one burst.
    private static let leastRises = 3
    /// At this part of the peak a leak is at rest.
    private static let rest = 0.5

    private var climbs: [Int: Climb] = [:]

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        for (holder, closeWaits) in figures.closeWaits {
            if closeWaits.count == 0 {
                climbs[holder] = nil
            } else if climbs[holder] == nil {
                climbs[holder] = Climb(closeWaits, at: now.boot)
            } else {
                climbs[holder]?.note(closeWaits, at: now.boot)
            }
        }
        let floor = stories.configuration.lowestWarning(.closeWaitLeak)
        let open = stories.openSubjects(.closeWaitLeak)
        var seen: Set<AlertSubject> = []
        for (holder, climb) in climbs
        where Double(climb.now) >= floor || (climb.subject.map(open.contains) ?? !open.isEmpty) {
            let owners = witness.ownership(of: holder).owners
            guard let owner = owners.first else { continue }
            let namespace = names[climb.namespace]?.name ?? Snapshot.hostNamespace
            let subject =
                climb.subject
                ?? AlertSubject(
                    .program, namespace: namespace, detail: "\(owner.pid)/\(owner.startTicks)")
            climbs[holder]?.subject = subject
            seen.insert(subject)
            judge(climb, subject, owners, at: now, &stories)
        }
        for subject in open where !seen.contains(subject) {
            stories.observe(.closeWaitLeak, subject, .nothing, at: now) { _ in .init(message: "") }
        }
    }

    private func judge(
        _ climb: Climb, _ subject: AlertSubject, _ owners: [PortOwner], at now: Moment, _ stories: inout AlertStories
    ) {
        let settings = stories.configuration.settings(.closeWaitLeak, subject) { owners }
        let isClimb =
            climb.lastRise - climb.since >= settings.over && climb.rises >= Self.leastRises
            && Double(climb.now - climb.base) >= min(settings.warning, settings.critical)
        let severity: AlertSeverity? = isClimb ? (Double(climb.now) >= settings.critical ? .critical : .warning) : nil
        stories.observe(
            .closeWaitLeak, subject,
            Observation(
                Double(climb.now), severity, rest: .belowPeak(Self.rest), isEnabled: settings.isEnabled), at: now
        ) { _ in
            .init(
                message:
                    "\(AlertWords.programs(owners)) has \(climb.now) sockets in CLOSE_WAIT, \(climb.now - climb.base) more than \(AlertWords.duration(now.boot - climb.since)) ago, and they have not fallen since: it does not close what its peers have closed",
                advice: [
                    "It will run out of descriptors: see the limit in /proc/\(owners.first?.pid ?? 0)/limits",
                    "Look for connections that the program leaves to themselves after end of file, then restart it",
                ] + ServiceUnit.all(of: owners).map { $0.systemctl("restart") }, owners: owners)
        }
    }
}
