import PortHistory
import PortModel

/// `close_wait_leak`: a process whose sockets in CLOSE_WAIT only ever rise does not close what its peers have closed.
struct CloseWaitRule {
    /// The CLOSE_WAITs of one holder. A process may have several: as another user, or with others.
    private struct Part {
        var count: Int
        var namespace: Int
        /// Whose they are; nobody where that is not known.
        var owners: [PortOwner]
        var process: ProcessKey?
    }

    /// How the number of a process's CLOSE_WAITs has gone since it fell last.
    private struct Climb {
        /// Where it began.
        var base: Int
        var since: Int64
        var highest: Int
        var now: Int
        /// In how many samples it has risen, and when it last did.
        var rises = 0
        var lastRise: Int64

        init(_ count: Int, at time: Int64) {
            (base, since, highest, now, lastRise) = (count, time, count, count, time)
        }

        mutating func note(_ count: Int, at time: Int64) {
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

    /// By the number of the holder.
    private var parts: [Int: Part] = [:]
    /// Who a holder is: asked once, as CLOSE_WAITs come and go.
    private var owners: [Int: [PortOwner]] = [:]
    private static let mostKnown = 4096
    /// The numbers of each process's holders.
    private var holders: [ProcessKey: Set<Int>] = [:]
    private var climbs: [ProcessKey: Climb] = [:]

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        var changed: Set<ProcessKey> = []
        for (holder, closeWaits) in figures.closeWaits {
            if let process = note(holder, closeWaits, witness) { changed.insert(process) }
        }
        for process in changed { climb(process, at: now) }
        let floor = stories.configuration.lowestWarning(.closeWaitLeak)
        let open = stories.openSubjects(.closeWaitLeak)
        var seen: Set<AlertSubject> = []
        for (process, climb) in climbs where Double(climb.now) >= floor || !open.isEmpty {
            guard let largest = largest(of: process), let owner = largest.owners.first else { continue }
            let subject = AlertSubject(
                .program, namespace: names[largest.namespace]?.name ?? Snapshot.hostNamespace,
                detail: "\(owner.pid)/\(owner.startTicks)")
            seen.insert(subject)
            judge(climb, subject, largest.owners, at: now, &stories)
        }
        for subject in open where !seen.contains(subject) {
            stories.observe(.closeWaitLeak, subject, .nothing, at: now) { _ in .init(message: "") }
        }
    }

    /// Takes in a holder's number.
    ///
    /// - Returns: The process that it counts for; `nil` where that is not known.
    private mutating func note(
        _ holder: Int, _ closeWaits: SampleFigures.CloseWaits, _ witness: some AlertWitness
    ) -> ProcessKey? {
        if closeWaits.count == 0 {
            guard let process = parts.removeValue(forKey: holder)?.process else { return nil }
            holders[process]?.remove(holder)
            return process
        }
        if let part = parts[holder] {
            parts[holder]?.count = closeWaits.count
            parts[holder]?.namespace = closeWaits.namespace
            return part.process
        }
        if self.owners.count >= Self.mostKnown { self.owners = [:] }
        let owners = self.owners[holder] ?? witness.ownership(of: holder).owners
        self.owners[holder] = owners
        let process = owners.first.map { ProcessKey($0) }
        parts[holder] = Part(
            count: closeWaits.count, namespace: closeWaits.namespace, owners: owners, process: process)
        if let process { holders[process, default: []].insert(holder) }
        return process
    }

    private mutating func climb(_ process: ProcessKey, at now: Moment) {
        let count = holders[process]?.reduce(0) { $0 + (parts[$1]?.count ?? 0) } ?? 0
        if count == 0 {
            (holders[process], climbs[process]) = (nil, nil)
        } else if climbs[process] == nil {
            climbs[process] = Climb(count, at: now.boot)
        } else {
            climbs[process]?.note(count, at: now.boot)
        }
    }

    /// The holder that has most of a process's.
    private func largest(of process: ProcessKey) -> Part? {
        holders[process]?.compactMap { parts[$0] }.max { $0.count < $1.count }
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
