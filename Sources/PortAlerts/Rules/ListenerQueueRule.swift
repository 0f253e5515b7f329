import PortHistory
import PortModel

/// `accept_queue` of single listeners, where sock_diag tells how long their queues are.
struct ListenerQueueRule {
    /// A queue that is full in fewer samples in a row may have had a burst.
    private static let least = 2

    /// In how many samples in a row each queue has been full.
    private var full: [AlertSubject: Int] = [:]

    /// Looks at a sample.
    mutating func evaluate(
        _ figures: SampleFigures, _ witness: some AlertWitness, at now: Moment, _ stories: inout AlertStories
    ) {
        // Several sockets may share a port, by SO_REUSEPORT: the longest queue stands for all.
        let queues = Dictionary(figures.fullQueues.map { ($0.local, $0) }) { $0.length > $1.length ? $0 : $1 }
        var samples: [AlertSubject: Int] = [:]
        for queue in queues.values {
            let subject = AlertSubject(.listener, local: queue.local)
            samples[subject] = full[subject, default: 0] + 1
            judge(queue, subject, isLasting: samples[subject, default: 0] >= Self.least, witness, at: now, &stories)
        }
        full = samples
        for subject in stories.openSubjects(.acceptQueue) where subject.kind == .listener && full[subject] == nil {
            stories.observe(.acceptQueue, subject, .nothing, at: now) { _ in .init(message: "") }
        }
    }

    private func judge(
        _ queue: SampleFigures.FullQueue, _ subject: AlertSubject, isLasting: Bool, _ witness: some AlertWitness,
        at now: Moment, _ stories: inout AlertStories
    ) {
        lazy var owners =
            witness.listeners(namespace: 0, .tcp, on: queue.local.port)
            .first { $0.inode == queue.inode }
            .map { witness.ownership(of: $0.holder).owners } ?? []
        let settings = stories.configuration.settings(.acceptQueue, subject) { owners }
        stories.observe(
            .acceptQueue, subject,
            Observation(
                Double(queue.length), isLasting ? .warning : nil, rest: .isNow(false), hold: settings.hold,
                isEnabled: settings.isEnabled), at: now
        ) { _ in ListenerWords(subject).full(queue, owners) }
    }
}
