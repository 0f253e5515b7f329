import PortHistory
import PortModel

/// `listen_conflict`, `listener_gone` and `port_stolen`: what is said of ports whose listeners have changed, for as long as it holds.
struct ListenerRules {
    private struct Port: Hashable {
        var namespace: Int
        var transport: TransportProtocol
        var number: UInt16
    }

    /// A listener that has gone.
    private struct Missing {
        var port: Port
        var subject: AlertSubject
        /// What is told of all that one holder has let go at once: the subject of the oldest.
        var story: AlertSubject
        var holder: Int
        var owners: [PortOwner]
        var age: Int64
        var since: Int64
        /// It stood on an IPv4 address beside a socket on `::`, which so takes IPv6 alone.
        var isBesideIPv6 = false

        /// Whether one of the listeners of its port serves its address: also one on a wildcard that includes it.
        func isServed(by listeners: [SampleFigures.Listening.Listener]) -> Bool {
            guard let address = subject.local?.address else { return true }
            return listeners.contains { $0.address.covers(address) && !(isBesideIPv6 && $0.address == .anyIPv6) }
        }

        /// The order in which they are told: the oldest first.
        static func isTold(_ a: Missing, before b: Missing) -> Bool {
            if a.age != b.age { return a.age > b.age }
            if a.port.number != b.port.number { return a.port.number < b.port.number }
            if a.port.transport != b.port.transport { return a.port.transport == .tcp }
            guard let one = a.subject.local?.address, let other = b.subject.local?.address else { return false }
            return one < other
        }
    }

    /// For how long a listener must have been there for its port to be stolen, in milliseconds.
    private static let settled: Int64 = 60_000
    /// For how long one that has gone is missed, in milliseconds.
    private static let missed: Int64 = 86_400_000
    private static let most = 4096
    /// So many connections on one port are followed.
    private static let mostThieves = 16

    private var missing: [AlertSubject: Missing] = [:]
    /// The ports of these when the sample began, and those that came with it.
    private var missingPorts: Set<Port> = []
    /// The listeners on `::` of each port, by inode.
    private var wildcards: [Port: Set<UInt64>] = [:]
    /// Connections that stand on the port of a listener that has gone, the newest last.
    private var thieves: [AlertSubject: [SampleFigures.Stray]] = [:]
    /// It is not known yet who stands on the ports of alerts from before.
    private var isFirst = true
    private var conflicts: [Port: [(subject: AlertSubject, conflict: ListenerConflicts.Conflict)]] = [:]

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        missingPorts = Set(missing.values.lazy.map(\.port))
        for change in figures.listening {
            guard let namespace = names[change.namespace] else { continue }
            note(change, namespace, witness, at: now)
        }
        missing = missing.filter { names[$0.value.port.namespace] != nil }
        thieves = thieves.filter { names[$0.value[0].namespace] != nil }
        conflicts = conflicts.filter { names[$0.key.namespace] != nil }
        wildcards = wildcards.filter { names[$0.key.namespace] != nil }
        gather(at: now)
        for stray in figures.strays { note(stray) }
        if isFirst { seekThieves(names, witness, stories) }
        isFirst = false
        judgeConflicts(witness, at: now, &stories)
        forgetLongGone(at: now)
        judgeGone(at: now, &stories)
        judgeStolen(witness, at: now, &stories)
        rest(names, witness, at: now, &stories)
    }

    private mutating func note(
        _ change: SampleFigures.Listening, _ namespace: SampleFigures.Namespace, _ witness: some AlertWitness,
        at now: Moment
    ) {
        let port = Port(namespace: change.namespace, transport: change.transport, number: change.port)
        func subject(_ address: IPAddress, _ detail: String = "") -> AlertSubject {
            AlertSubject(
                .listener, namespace: namespace.name, transport: change.transport,
                local: Endpoint(address, change.port),
                detail: detail)
        }
        let ofIPv6 = (change.listeners + change.gone.map(\.listener)).filter { $0.address == .anyIPv6 }
        let isBesideIPv6 = ofIPv6.contains { wildcards[port]?.contains($0.inode) == true }
        let left = Set(change.listeners.lazy.filter { $0.address == .anyIPv6 }.map(\.inode))
        wildcards[port] = left.isEmpty ? nil : left
        if missingPorts.contains(port) {
            for lost in missing.values.filter({ $0.port == port && $0.isServed(by: change.listeners) }) {
                (missing[lost.subject], thieves[lost.subject]) = (nil, nil)
            }
        }
        for subject in thieves.keys where missing[subject] == nil && subject.isServed(by: change, in: namespace.name) {
            thieves[subject] = nil
        }
        for gone in change.gone where gone.age >= Self.settled {
            // A UDP socket on a port that the kernel gives out is most likely a client.
            if change.transport == .udp, namespace.limits.mayChoose(change.port) { continue }
            let subject = subject(gone.listener.address)
            let lost = Missing(
                port: port, subject: subject, story: subject, holder: gone.listener.holder,
                owners: witness.ownership(of: gone.listener.holder).owners, age: gone.age, since: now.boot,
                isBesideIPv6: isBesideIPv6 && gone.listener.address.isIPv4)
            if lost.isServed(by: change.listeners) { continue }
            if missing.count >= Self.most, missing[subject] == nil { forgetOldest() }
            missing[subject] = lost
            missingPorts.insert(port)
        }
        let found = ListenerConflicts.among(change.listeners, change.transport, port: change.port, witness)
        conflicts[port] = found.isEmpty ? nil : found.map { (subject($0.address, $0.kind), $0) }
    }

    /// Of so many that have gone the one that went first is missed least.
    private mutating func forgetOldest() {
        guard let oldest = missing.min(by: { $0.value.since < $1.value.since })?.key else { return }
        missing[oldest] = nil
    }

    /// What one holder has let go in this sample is one story.
    private mutating func gather(at now: Moment) {
        let new = missing.values.filter { $0.since == now.boot && $0.holder > 0 }
        for group in Dictionary(grouping: new, by: { [$0.port.namespace, $0.holder] }).values where group.count > 1 {
            guard let oldest = group.min(by: Missing.isTold(_:before:)) else { continue }
            for lost in group { missing[lost.subject]?.story = oldest.subject }
        }
    }

    private mutating func forgetLongGone(at now: Moment) {
        for (subject, lost) in missing where now.boot - lost.since > Self.missed { missing[subject] = nil }
    }

    private mutating func note(_ stray: SampleFigures.Stray) {
        let local = stray.row.local
        guard missingPorts.contains(Port(namespace: stray.namespace, transport: .tcp, number: local.port)) else {
            return
        }
        for lost in missing.values
        where lost.port.namespace == stray.namespace && lost.port.transport == .tcp && lost.port.number == local.port {
            guard lost.subject.local?.address.covers(local.address) == true else { continue }
            thieves[lost.subject] = (thieves[lost.subject] ?? []).suffix(Self.mostThieves - 1) + [stray]
        }
    }

    /// Of an alert that was there before the recorder it is not known which connections it is about: those that are there now.
    private mutating func seekThieves(
        _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, _ stories: AlertStories
    ) {
        for subject in stories.openSubjects(.portStolen) where thieves[subject] == nil {
            guard let local = subject.local,
                let number = names.values.first(where: { $0.name == subject.namespace })?.number
            else { continue }
            let listeners = witness.listeners(namespace: number, subject.transport, on: local.port)
            if listeners.contains(where: { $0.address.covers(local.address) }) { continue }
            let found = witness.outgoing(namespace: number, on: local.port)
                .filter { local.address.covers($0.row.local.address) }
            if !found.isEmpty { thieves[subject] = Array(found.prefix(Self.mostThieves)) }
        }
    }

    // MARK: - What is said

    private func judgeConflicts(_ witness: some AlertWitness, at now: Moment, _ stories: inout AlertStories) {
        for (subject, conflict) in conflicts.values.joined() {
            func owners() -> [PortOwner] {
                var owners: [PortOwner] = []
                for owner in conflict.sides.flatMap({ witness.ownership(of: $0.holder).owners })
                where !owners.contains(owner) { owners.append(owner) }
                return owners
            }
            let settings = stories.configuration.settings(.listenConflict, subject, owners: owners)
            stories.observe(
                .listenConflict, subject,
                Observation(
                    Double(conflict.sides.count), .warning, rest: .isNow(false), hold: settings.hold,
                    isEnabled: settings.isEnabled), at: now
            ) { _ in ListenerWords(subject).conflict(conflict.kind, owners()) }
        }
    }

    private func judgeGone(at now: Moment, _ stories: inout AlertStories) {
        for (subject, group) in Dictionary(grouping: missing.values, by: \.story) {
            var (lost, hold) = ([Missing](), Int64.max)
            for listener in group {
                let settings = stories.configuration.settings(.listenerGone, listener.subject) { listener.owners }
                if !settings.isEnabled || listener.age < settings.lasting { continue }
                lost.append(listener)
                hold = min(hold, settings.hold)
            }
            lost.sort(by: Missing.isTold(_:before:))
            guard let first = lost.first else {
                stories.observe(.listenerGone, subject, .nothing, at: now) { _ in .init(message: "") }
                continue
            }
            stories.observe(
                .listenerGone, subject,
                Observation(
                    Double((now.boot - first.since) / 1000), .warning, rest: .isNow(false), hold: hold), at: now
            ) { _ in ListenerWords(first.subject).gone(lost.map(\.subject), after: first.age, first.owners) }
        }
    }

    private mutating func judgeStolen(_ witness: some AlertWitness, at now: Moment, _ stories: inout AlertStories) {
        for (subject, strays) in thieves {
            // In whatever state: its TIME_WAIT keeps the port as well. What the listener had accepted does not count.
            let standing = strays.filter { witness.isOpen($0.row, namespace: $0.namespace) }
            thieves[subject] = standing.isEmpty ? nil : standing
            guard let thief = standing.last else { continue }
            let owners = witness.ownership(of: thief.holder).owners
            // An alert has both.
            let known = stories.openAlert(.portStolen, subject)?.owners.filter { !owners.contains($0) }
            let victims = missing[subject]?.owners ?? known ?? []
            let settings = stories.configuration.settings(.portStolen, subject) { owners + victims }
            stories.observe(
                .portStolen, subject,
                Observation(
                    Double(standing.count), .critical, rest: .isNow(false), isEnabled: settings.isEnabled), at: now
            ) { _ in ListenerWords(subject).stolen(by: thief.row, owners, from: victims) }
        }
    }

    /// What lasts and does not hold any more. Of what was so before the recorder started nothing else is known than who listens now.
    private func rest(
        _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        let numbers = Dictionary(names.values.map { ($0.name, $0.number) }) { $1 }
        let found = Set(conflicts.values.joined().map(\.subject))
        let gone = Set(missing.values.map(\.story))
        for subject in stories.openSubjects(.listenConflict) where !found.contains(subject) {
            stories.observe(.listenConflict, subject, .nothing, at: now) { _ in .init(message: "") }
        }
        for subject in stories.openSubjects(.portStolen) where thieves[subject] == nil {
            stories.observe(.portStolen, subject, .nothing, at: now) { _ in .init(message: "") }
        }
        for subject in stories.openSubjects(.listenerGone) where !gone.contains(subject) {
            guard let alert = stories.openAlert(.listenerGone, subject), let local = subject.local else { continue }
            let isOver =
                now.wall - alert.openedAt > Self.missed
                || !stories.configuration.settings(.listenerGone, subject, owners: { alert.owners }).isEnabled
            let isBack = numbers[subject.namespace].map { number in
                witness.listeners(namespace: number, subject.transport, on: local.port)
                    .contains { $0.address.covers(local.address) }
            }
            if isOver || isBack ?? true {
                stories.observe(.listenerGone, subject, .nothing, at: now) { _ in .init(message: "") }
            }
        }
    }
}

extension AlertSubject {
    /// Whether one of the listeners of a port serves the address that this is about.
    fileprivate func isServed(by change: SampleFigures.Listening, in namespace: String) -> Bool {
        guard let local, local.port == change.port, transport == change.transport, self.namespace == namespace
        else { return false }
        return change.listeners.contains { $0.address.covers(local.address) }
    }
}
