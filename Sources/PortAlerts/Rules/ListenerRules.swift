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
        var holder: Int
        var age: Int64
        var since: Int64
        /// A connection that stands on its port.
        var thief: SampleFigures.Stray?
    }

    /// For how long a listener must have been there for its port to be stolen, in milliseconds.
    private static let settled: Int64 = 60_000
    /// For how long one that has gone is missed, in milliseconds.
    private static let missed: Int64 = 86_400_000
    private static let most = 4096

    private var missing: [AlertSubject: Missing] = [:]
    private var conflicts: [Port: [(subject: AlertSubject, conflict: ListenerConflicts.Conflict)]] = [:]

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        for change in figures.listening {
            guard let namespace = names[change.namespace] else { continue }
            note(change, namespace, witness, at: now)
        }
        missing = missing.filter { names[$0.value.port.namespace] != nil }
        conflicts = conflicts.filter { names[$0.key.namespace] != nil }
        for stray in figures.strays { note(stray) }
        judgeConflicts(witness, at: now, &stories)
        judgeMissing(witness, at: now, &stories)
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
        for listener in change.listeners { missing[subject(listener.address)] = nil }
        for gone in change.gone where gone.age >= Self.settled {
            // A UDP socket on a port that the kernel gives out is most likely a client.
            if change.transport == .udp, namespace.limits.mayChoose(change.port) { continue }
            if change.listeners.contains(where: { $0.address == gone.listener.address }) { continue }
            let subject = subject(gone.listener.address)
            if missing.count >= Self.most, missing[subject] == nil { forgetOldest() }
            missing[subject] = Missing(
                port: port, subject: subject, holder: gone.listener.holder, age: gone.age, since: now.boot)
        }
        let found = ListenerConflicts.among(change.listeners, change.transport, port: change.port, witness)
        conflicts[port] = found.isEmpty ? nil : found.map { (subject($0.address, $0.kind), $0) }
    }

    /// Of so many that have gone the one that went first is missed least.
    private mutating func forgetOldest() {
        guard let oldest = missing.min(by: { $0.value.since < $1.value.since })?.key else { return }
        missing[oldest] = nil
    }

    private mutating func note(_ stray: SampleFigures.Stray) {
        let local = stray.row.local
        for (subject, lost) in missing
        where lost.port.namespace == stray.namespace && lost.port.transport == .tcp && lost.port.number == local.port {
            guard let address = subject.local?.address, address.isWildcard || address == local.address else { continue }
            missing[subject]?.thief = stray
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

    private mutating func judgeMissing(_ witness: some AlertWitness, at now: Moment, _ stories: inout AlertStories) {
        for (subject, lost) in missing {
            if now.boot - lost.since > Self.missed {
                missing[subject] = nil
                continue
            }
            lazy var owners = witness.ownership(of: lost.holder).owners
            let gone = stories.configuration.settings(.listenerGone, subject) { owners }
            if lost.age >= gone.lasting {
                stories.observe(
                    .listenerGone, subject,
                    Observation(
                        Double((now.boot - lost.since) / 1000), .warning, rest: .isNow(false), hold: gone.hold,
                        isEnabled: gone.isEnabled), at: now
                ) { _ in ListenerWords(subject).gone(after: lost.age, owners) }
            }
            guard let thief = lost.thief else { continue }
            if witness.sockets(namespace: lost.port.namespace, on: lost.port.number) == 0 {
                missing[subject]?.thief = nil
                continue
            }
            let thieves = witness.ownership(of: thief.holder).owners
            let stolen = stories.configuration.settings(.portStolen, subject) { thieves + owners }
            stories.observe(
                .portStolen, subject, Observation(1, .critical, rest: .isNow(false), isEnabled: stolen.isEnabled),
                at: now
            ) { _ in ListenerWords(subject).stolen(by: thief.row, thieves, from: owners) }
        }
    }

    /// What lasts and does not hold any more. Of what was so before the recorder started nothing else is known than who listens now.
    private func rest(
        _ names: [Int: SampleFigures.Namespace], _ witness: some AlertWitness, at now: Moment,
        _ stories: inout AlertStories
    ) {
        let numbers = Dictionary(names.values.map { ($0.name, $0.number) }) { $1 }
        let found = Set(conflicts.values.joined().map(\.subject))
        for subject in stories.openSubjects(.listenConflict) where !found.contains(subject) {
            stories.observe(.listenConflict, subject, .nothing, at: now) { _ in .init(message: "") }
        }
        for rule in [AlertRule.listenerGone, .portStolen] {
            for subject in stories.openSubjects(rule) {
                if let lost = missing[subject], rule == .listenerGone || lost.thief != nil { continue }
                guard let alert = stories.openAlert(rule, subject), let local = subject.local else { continue }
                let isOver =
                    now.wall - alert.openedAt > Self.missed
                    || !stories.configuration.settings(rule, subject, owners: { alert.owners }).isEnabled
                let number = numbers[subject.namespace]
                let isBack = number.map { number in
                    witness.listeners(namespace: number, subject.transport, on: local.port)
                        .contains { $0.address == local.address || $0.address.isWildcard }
                }
                let isFree = number.map { rule == .portStolen && witness.sockets(namespace: $0, on: local.port) == 0 }
                if isOver || isBack ?? true || isFree ?? true {
                    stories.observe(rule, subject, .nothing, at: now) { _ in .init(message: "") }
                }
            }
        }
    }
}
