import PortHistory
import PortModel

/// Looks at every sample by the rules, and keeps the stories that come of it.
///
/// The work is that of what a sample has changed, and of what is near its end. It does no I/O and has no clock: what is asked of the
/// history it asks a witness, and the time is that of the samples.
public struct AlertEngine {
    private var stories: AlertStories
    private var destinations = DestinationRules()
    private var namespaces = NamespaceRules()
    private var listeners = ListenerRules()
    private var queues = ListenerQueueRule()
    private var closeWaits = CloseWaitRule()
    private var recorder: RecorderRule

    /// An engine that goes on with alerts that are known from the history.
    ///
    /// - Parameters:
    ///   - known: those that had not ended, and those that ended no longer ago than ``AlertConfiguration/reopenWithin``.
    ///   - permissionDenied: how many processes could not be looked into, in the samples of the last hour.
    ///   - now: when the recorder starts. For how long it did not run does not count as rest.
    public init(
        _ configuration: AlertConfiguration, known: [Alert], permissionDenied: [Int] = [], at now: Moment
    ) {
        recorder = RecorderRule(permissionDenied: permissionDenied)
        stories = AlertStories(configuration, known: known, at: now)
    }

    /// What the rules are told. Other settings hold from the next sample on; alerts that last stay.
    public var configuration: AlertConfiguration {
        get { stories.configuration }
        set { stories.configuration = newValue }
    }

    /// How many alerts last.
    public var count: Int { stories.count }
    /// How many have not begun because too many lasted.
    public var suppressed: Int { stories.suppressed }

    /// Looks at a sample that was written.
    public mutating func evaluate(_ figures: SampleFigures, _ witness: some AlertWitness) {
        let now = Moment(wall: figures.sample.takenAt, boot: figures.sample.bootClock)
        guard configuration.isEnabled else { return rest(at: now) }
        let names = Dictionary(figures.namespaces.map { ($0.number, $0) }) { $1 }
        destinations.evaluate(figures, names, witness, at: now, &stories)
        namespaces.evaluate(figures, at: now, &stories)
        listeners.evaluate(figures, names, witness, at: now, &stories)
        queues.evaluate(figures, witness, at: now, &stories)
        closeWaits.evaluate(figures, names, witness, at: now, &stories)
        recorder.evaluate(figures.sample, at: now, &stories)
        stories.forget(at: now)
    }

    /// No rule is looked at: what lasted has ended.
    public mutating func rest(at now: Moment) {
        stories.endAll(at: now)
        // What they know is soon out of date.
        destinations = DestinationRules()
        namespaces = NamespaceRules()
        listeners = ListenerRules()
        queues = ListenerQueueRule()
        closeWaits = CloseWaitRule()
        recorder = RecorderRule()
    }

    /// Looks at samples that are being lost.
    public mutating func evaluate(_ loss: RecorderLoss, at now: Moment) {
        guard configuration.isEnabled else { return rest(at: now) }
        recorder.evaluate(loss, at: now, &stories)
    }

    /// Writes and tells what has changed.
    ///
    /// - Parameters:
    ///   - write: writes alerts and gives new ones their numbers; false when it could not, and is to be asked again.
    /// - Returns: The events to be delivered, also of alerts that could not be written: these have the number 0.
    public mutating func settle(at now: Moment, write: (inout [Alert]) -> Bool) -> [AlertEvent] {
        let pending = stories.unwritten(at: now)
        if pending.isEmpty { return [] }
        var alerts = pending.map(\.alert)
        if write(&alerts) { stories.wrote(alerts, at: now) }
        stories.told(alerts)
        return zip(alerts, pending).compactMap { alert, pending in pending.event.map { AlertEvent($0, alert) } }
    }
}
