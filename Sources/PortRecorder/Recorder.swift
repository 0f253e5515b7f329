import CLinux
import Glibc
import Logging
import PortAlerts
import PortHistory
import PortModel
import ProcFS
import ServiceLifecycle

/// The sampling loop as a service: `run()` takes a sample at every tick until the group shuts down or the limit is reached.
public struct Recorder: Service {
    /// What a recorder is told.
    public struct Configuration: Sendable {
        /// The history's file.
        public var database: String
        /// From one tick to the next.
        public var interval: Duration
        /// Stop after this many samples; `nil` for ever.
        public var sampleLimit: Int?
        /// How long the history is kept, and how large it may be.
        public var retention: RetentionPolicy
        /// Which network namespaces are recorded.
        public var namespaces: RecordedNamespaces
        /// Where sockets are read from.
        public var source: SocketSource
        /// The directory that stands for /proc.
        public var procRoot: String

        /// What a recorder is told.
        public init(
            database: String, interval: Duration = .seconds(10), sampleLimit: Int? = nil,
            retention: RetentionPolicy = .standard, namespaces: RecordedNamespaces = .all, source: SocketSource = .proc,
            procRoot: String = "/proc"
        ) {
            self.database = database
            self.interval = interval
            self.sampleLimit = sampleLimit
            self.retention = retention
            self.namespaces = namespaces
            self.source = source
            self.procRoot = procRoot
        }
    }

    private let configuration: Configuration
    private let settings: RecorderSettings
    private let clock: HostClock
    private let notifier: SystemdNotifier
    private let logger: Logger
    private let onSample: @Sendable (SampleRecord) -> Void
    private let onAlert: @Sendable (AlertEvent) -> Void
    private let deliveries: @Sendable () -> DeliveryCounts

    /// A recorder.
    ///
    /// - Parameters:
    ///   - settings: what can be set anew while it runs; else the interval of the configuration and the default alerts.
    ///   - onSample: called after each sample is in the history.
    ///   - onAlert: called with every turn of an alert; it must not block.
    ///   - deliveries: what has become of these.
    public init(
        _ configuration: Configuration, settings: RecorderSettings? = nil, clock: HostClock = .system,
        notifier: SystemdNotifier, logger: Logger, onSample: @escaping @Sendable (SampleRecord) -> Void = { _ in },
        onAlert: @escaping @Sendable (AlertEvent) -> Void = { _ in },
        deliveries: @escaping @Sendable () -> DeliveryCounts = { DeliveryCounts() }
    ) {
        self.configuration = configuration
        self.settings = settings ?? RecorderSettings(.init(interval: configuration.interval))
        self.onAlert = onAlert
        self.deliveries = deliveries
        self.clock = clock
        self.notifier = notifier
        self.logger = logger
        self.onSample = onSample
    }

    /// Records until the service group shuts down, which lets the sample at hand complete, or the limit is reached.
    ///
    /// - Throws: ``PortHistory/HistoryError`` when the history cannot be opened, there is no room for the first sample, or another
    ///   recorder has taken the history over. Other later failures end no recorder: the sample is lost and counted.
    public func run() async throws {
        let proc = ProcFS(root: configuration.procRoot)
        var recording: Recording? = try openHistory(proc)
        defer { recording?.history.close() }
        var tick = Tick(every: settings.values.interval, from: .now)
        // What the last recorder lost before it ended stands in no sample yet.
        var loss = recording?.history.lossBefore
        var missed = loss?.samples ?? 0
        var taken = 0
        var failure: HistoryError?

        while !Task.isShuttingDownGracefully, !Task.isCancelled, taken < configuration.sampleLimit ?? .max {
            missed += tick.wake(at: .now)
            if let new = settings.takeNew() { apply(new, to: recording, &tick) }
            do throws(HistoryError) {
                if let open = recording, let reason = Self.loss(of: open.history) {
                    logger.error("\(reason)", metadata: ["path": "\(open.history.path)"])
                    open.history.close()
                    recording = nil
                }
                let open: Recording
                if let recording { open = recording } else { open = try openHistory(proc) }
                recording = open
                let sample = try open.sampler.sample(missed: missed)
                if taken == 0 {
                    notifier.ready(status: Self.status(sample))
                    _ = portlog_release_text()
                } else {
                    notifier.status(Self.status(sample))
                }
                if loss != nil {
                    logger.notice("samples are written again", metadata: ["missed": "\(missed)"])
                    open.history.note(nil)
                    loss = nil
                }
                onSample(sample)
                taken += 1
                missed = 0
                failure = nil
            } catch {
                var error = error
                if case .damaged(let path, let reason) = error, let open = recording {
                    // Also where opening it again would find nothing wrong: the next sample would.
                    open.history.close()
                    recording = nil
                    do throws(HistoryError) { try setAside(path, reason) } catch let other { error = other }
                }
                if case .damaged = error {
                } else if taken == 0 || error.isOtherRecorder {
                    throw error
                } else if failure != error {
                    logger.error(
                        "samples are being lost", metadata: ["cause": "\(cause(of: error, recording?.history, proc))"])
                }
                failure = error
                missed += 1
                loss = RecorderLoss(
                    samples: (loss?.samples ?? 0) + 1, since: loss?.since ?? clock.wall(),
                    cause: cause(of: error, recording?.history, proc))
                recording?.history.note(loss)
                if let loss { recording?.alerts.look(at: loss, at: Moment(wall: clock.wall(), boot: clock.boot())) }
                notifier.status("samples are being lost: \(loss?.cause ?? "")")
            }
            missed += tick.advance(at: .now)
            if taken < configuration.sampleLimit ?? .max { await sleep(until: tick.due) }
        }
        // No later sample counts these.
        if let loss {
            logger.error(
                "samples were being lost up to the end", metadata: ["missed": "\(missed)", "cause": "\(loss.cause)"])
        }
        notifier.stopping()
    }

    /// What has become of a history's files since it was opened, in words; `nil` where they are in place.
    private static func loss(of history: HistoryWriter) -> String? {
        if !history.isInPlace { return "the history was removed or replaced; recording starts anew" }
        return history.isLocked ? nil : "the lock of the history was removed or replaced; it is taken again"
    }

    /// Why samples are being lost, in words.
    private func cause(of error: HistoryError, _ history: HistoryWriter?, _ proc: ProcFS) -> String {
        if case .logHeld = error { error.cause + readers(history, proc) } else { error.cause }
    }

    /// Which processes hold a transaction open, as far as that can be seen.
    private func readers(_ history: HistoryWriter?, _ proc: ProcFS) -> String {
        guard let locks = history?.readerLocks, let all = try? proc.locks() else { return "" }
        let pids = Set(
            all.lazy.filter {
                $0.inode == locks.inode && $0.bytes.overlaps(locks.bytes) && $0.pid != getpid() && $0.pid > 0
            }
            .map(\.pid))
        if pids.isEmpty { return "" }
        let names = pids.sorted().prefix(3).map { pid in
            let command = (try? proc.process(pid).stat().command) ?? "?"
            return "\(command) (process \(pid))"
        }
        return ": " + names.joined(separator: ", ")
    }

    /// An open history and who writes it.
    private struct Recording {
        let history: HistoryWriter
        let sampler: Sampler
        let alerts: AlertKeeper
    }

    /// Puts other settings in force. Another interval counts from the tick at hand on.
    private func apply(_ new: RecorderSettings.Values, to recording: Recording?, _ tick: inout Tick) {
        recording?.alerts.set(new.alerts)
        if tick.interval != new.interval { tick = Tick(every: new.interval, from: tick.due) }
        recording?.sampler.interval = new.interval
    }

    /// Opens the history; a damaged one is set aside, so that recording goes on.
    private func openHistory(_ proc: ProcFS) throws(HistoryError) -> Recording {
        let host = (try? proc.hostname()) ?? "localhost"
        let boot = (try? proc.bootID()) ?? ""
        let values = settings.values
        func open() throws(HistoryError) -> (HistoryWriter, AlertKeeper) {
            let history = try HistoryWriter(
                path: configuration.database, host: host, bootID: boot, retention: configuration.retention)
            do {
                let now = Moment(wall: clock.wall(), boot: clock.boot())
                return (
                    history,
                    try AlertKeeper(
                        history, values.alerts, at: now, logger: logger, deliver: onAlert, counts: deliveries)
                )
            } catch {
                history.close()
                throw error
            }
        }
        let (history, alerts): (HistoryWriter, AlertKeeper)
        do {
            (history, alerts) = try open()
        } catch .damaged(let path, let reason) {
            try setAside(path, reason)
            (history, alerts) = try open()
        }
        let sampler = Sampler(
            history, proc: proc, clock: clock, interval: values.interval, namespaces: configuration.namespaces,
            source: configuration.source, alerts: alerts, logger: logger)
        return Recording(history: history, sampler: sampler, alerts: alerts)
    }

    private func setAside(_ path: String, _ reason: String) throws(HistoryError) {
        let aside = try HistoryFile.setAside(path, at: clock.wall())
        logger.error(
            "the history is damaged and was set aside; recording starts anew",
            metadata: ["path": "\(path)", "aside": "\(aside)", "reason": "\(reason)"])
    }

    /// Sleeps until a moment or the shutdown, telling the watchdog in between that all is well.
    private func sleep(until due: ContinuousClock.Instant) async {
        await cancelWhenGracefulShutdown {
            while ContinuousClock.now < due, !Task.isCancelled {
                var wake = due
                if let watchdog = notifier.watchdogInterval { wake = min(wake, .now + watchdog / 3) }
                do { try await Task.sleep(until: wake, clock: .continuous) } catch { return }
                if wake < due { notifier.alive() }
            }
        }
    }

    private static func status(_ sample: SampleRecord) -> String {
        "sample \(sample.number) at \(sample.takenAt): \(sample.sockets) sockets in \(Int(sample.durationMilliseconds)) ms"
    }
}
