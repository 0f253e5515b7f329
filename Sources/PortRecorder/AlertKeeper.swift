import Logging
import PortAlerts
import PortHistory
import PortModel

/// Has the rules look at every sample, keeps the alerts in the history, and hands their turns on.
///
/// That alerts cannot be written never costs a sample: they are told all the same, and written when that is possible again.
final class AlertKeeper {
    private let history: HistoryWriter
    private let logger: Logger
    private let deliver: @Sendable (AlertEvent) -> Void
    private var engine: AlertEngine
    private var failure: HistoryError?
    private var suppressed = 0
    private var isSuppressing = false
    private let counts: @Sendable () -> DeliveryCounts
    /// What the history has; `nil` before the first sample, as a recorder counts from nothing.
    private var noted: (counts: DeliveryCounts, suppressed: Int)?

    /// A keeper that goes on with the alerts that the history has.
    ///
    /// - Parameters:
    ///   - deliver: takes every turn of an alert; it must not block.
    ///   - counts: what has become of deliveries.
    init(
        _ history: HistoryWriter, _ configuration: AlertConfiguration, at now: Moment, logger: Logger,
        deliver: @escaping @Sendable (AlertEvent) -> Void, counts: @escaping @Sendable () -> DeliveryCounts
    ) throws(HistoryError) {
        self.history = history
        self.logger = logger
        self.deliver = deliver
        self.counts = counts
        let known = try history.alerts(endedAfter: now.wall - configuration.reopenWithin)
        engine = AlertEngine(
            configuration, known: known, permissionDenied: try history.permissionDenied(since: now.wall - 3_600_000),
            at: now)
    }

    /// Puts other settings in force from the next sample on.
    func set(_ configuration: AlertConfiguration) {
        engine.configuration = configuration
        history.tellEverything()
    }

    /// A sample has been written.
    ///
    /// - Parameter fullQueues: the listeners whose accept queues are full, as far as that is known.
    func look(at sample: SampleRecord, _ snapshots: [Snapshot], fullQueues: [SampleFigures.FullQueue]) {
        let now = Moment(wall: sample.takenAt, boot: sample.bootClock)
        if engine.configuration.isEnabled {
            var figures = history.takeFigures(of: sample, snapshots)
            figures.fullQueues = fullQueues
            engine.evaluate(figures, history)
        } else {
            history.skipFigures()
            engine.rest(at: now)
        }
        settle(at: now)
    }

    /// Samples are being lost.
    func look(at loss: RecorderLoss, at now: Moment) {
        engine.evaluate(loss, at: now)
        settle(at: now)
    }

    /// What cannot be noted now is with a later sample.
    private func noteCounts() {
        let (counts, suppressed) = (counts(), engine.suppressed)
        if let noted, noted == (counts, suppressed) { return }
        do throws(HistoryError) {
            try history.noteAlerts(
                delivered: counts.delivered, failed: counts.failed, dropped: counts.dropped, suppressed: suppressed)
            noted = (counts, suppressed)
        } catch {}
    }

    private func settle(at now: Moment) {
        let events = engine.settle(at: now) { alerts in
            do throws(HistoryError) {
                try history.write(&alerts, at: now.wall)
                failure = nil
                return true
            } catch {
                if failure != error {
                    logger.error("alerts cannot be written into the history", metadata: ["cause": "\(error.cause)"])
                }
                failure = error
                return false
            }
        }
        for event in events { deliver(event) }
        noteCounts()
        noteSuppressed()
    }

    /// Says that alerts do not begin because too many last: once, until a sample adds none.
    private func noteSuppressed() {
        let new = engine.suppressed - suppressed
        if new > 0, !isSuppressing {
            logger.error(
                "too many alerts last at once: what begins now is neither recorded nor told",
                metadata: ["lasting": "\(engine.count)", "suppressed": "\(engine.suppressed)"])
        }
        (suppressed, isSuppressing) = (engine.suppressed, new > 0)
    }
}
