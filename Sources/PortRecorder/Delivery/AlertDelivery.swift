import CLinux
import Glibc
import Logging
import PortAlerts
import PortModel
import Synchronization

/// Hands the turns of alerts on: to the journal, a program, a socket, and where there is no journal to the log.
///
/// Nothing here waits for anybody: programs and sockets have threads of their own, and what cannot be taken any more is counted and
/// said in the log.
public final class AlertDelivery: Sendable {
    /// What a turn looks like outside.
    public struct Wording: Sendable {
        /// The alert as a line of JSON.
        public var json: @Sendable (AlertEvent) -> [UInt8]
        /// Makes words harmless that a process chose.
        public var escape: @Sendable (String) -> String

        /// Wording of its parts.
        public init(
            json: @escaping @Sendable (AlertEvent) -> [UInt8], escape: @escaping @Sendable (String) -> String
        ) {
            self.json = json
            self.escape = escape
        }
    }

    private struct State {
        var settings: DeliverySettings
        var counts = DeliveryCounts()
        /// What failed last, so that it is said once.
        var failures: [String: String] = [:]
        var dropping = false
    }

    /// Where journald listens.
    public static let journalPath = "/run/systemd/journal/socket"

    private let state: Mutex<State>
    private let wording: Wording
    private let journal: String?
    private let logger: Logger
    private let hooks = DeliveryQueue()
    private let sockets = DeliveryQueue()

    /// A delivery.
    ///
    /// - Parameter journal: where journald listens; `nil` where what is logged goes elsewhere.
    public init(_ settings: DeliverySettings, wording: Wording, journal: String?, logger: Logger) {
        state = Mutex(State(settings: settings))
        self.wording = wording
        self.journal = journal
        self.logger = logger
    }

    /// What has become of deliveries so far.
    public var counts: DeliveryCounts { state.withLock { $0.counts } }

    /// Sets where alerts go from now on.
    public func set(_ settings: DeliverySettings) { state.withLock { $0.settings = settings } }

    /// Hands a turn on, without waiting.
    public func deliver(_ event: AlertEvent) {
        let settings = state.withLock { $0.settings }
        var isInJournal = false
        if settings.usesJournal, let journal { isInJournal = JournalEntry(event, wording.escape).send(to: journal) }
        if !isInJournal { log(event) }
        if !settings.command.isEmpty { run(settings, event) }
        if !settings.socket.isEmpty { write(to: settings.socket, event) }
    }

    /// Waits until all has been handed over, but not for long.
    public func finish(within patience: Duration = .seconds(3)) {
        let end = ContinuousClock.now + patience
        while !(hooks.isIdle && sockets.isIdle), ContinuousClock.now < end { usleep(20_000) }
    }

    private func log(_ event: AlertEvent) {
        let alert = event.alert
        let level: Logger.Level =
            event.kind == .resolved ? .notice : alert.severity == .critical ? .critical : .warning
        logger.log(
            level: level, "alert \(event.kind.rawValue): \(alert.message)",
            metadata: ["rule": "\(alert.rule.rawValue)", "severity": "\(alert.severity.name)", "alert": "\(alert.id)"])
    }

    // MARK: - Programs and sockets

    private func run(_ settings: DeliverySettings, _ event: AlertEvent) {
        let process = HookProcess(
            command: settings.command, input: wording.json(event),
            environment: [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                "PORTLOG_EVENT": event.kind.rawValue, "PORTLOG_RULE": event.alert.rule.rawValue,
                "PORTLOG_SEVERITY": event.alert.severity.name, "PORTLOG_ALERT": "\(event.alert.id)",
            ], timeout: settings.timeout)
        let name = settings.command[0]
        let isTaken = hooks.add(concurrency: settings.concurrency) { [self] in
            // Of this thread alone, which starts nothing but such programs. A program of the same user could write into the memory
            // of a thread without capabilities, and so have those of the others.
            if portlog_guard_memory() != 0 || portlog_drop_capabilities() != 0 {
                note(
                    "the recorder's capabilities cannot be kept from it: \(String(cString: strerror(errno)))", of: name)
            } else {
                let (outcome, said) = process.run()
                note(outcome.failure, of: name, said: said)
            }
        }
        if !isTaken { drop(name) }
    }

    private func write(to path: String, _ event: AlertEvent) {
        let bytes = wording.json(event)
        let isTaken = sockets.add(concurrency: 1) { [self] in note(UnixSocket.write(bytes, to: path), of: path) }
        if !isTaken { drop(path) }
    }

    /// Counts a delivery, and says a failure unless it is the same as the last one.
    ///
    /// - Parameter said: what the program has to say, which may be something else each time.
    private func note(_ failure: String?, of name: String, said: String? = nil) {
        let isNew = state.withLock { state in
            state.dropping = false
            if failure == nil { state.counts.delivered += 1 } else { state.counts.failed += 1 }
            defer { state.failures[name] = failure }
            return failure != nil && state.failures[name] != failure
        }
        if let failure, isNew {
            var metadata: Logger.Metadata = ["to": "\(name)", "reason": "\(failure)"]
            if let said { metadata["said"] = "\(said)" }
            logger.error("an alert could not be delivered", metadata: metadata)
        }
    }

    private func drop(_ name: String) {
        let isFirst = state.withLock { state in
            state.counts.dropped += 1
            defer { state.dropping = true }
            return !state.dropping
        }
        if isFirst {
            logger.error(
                "alerts are not delivered: too many are waiting",
                metadata: ["to": "\(name)", "waiting": "\(DeliveryQueue.most)"])
        }
    }
}

extension JournalEntry {
    /// The message ids, by which `journalctl MESSAGE_ID=` finds what began, became worse and ended.
    static func messageID(_ kind: AlertEvent.Kind) -> String {
        switch kind {
        case .opened: "5c3b7ad1b7f84ee0a2f2c8c1f2a4d901"
        case .worsened: "5c3b7ad1b7f84ee0a2f2c8c1f2a4d902"
        case .resolved: "5c3b7ad1b7f84ee0a2f2c8c1f2a4d903"
        }
    }

    /// The entry of a turn. What a process chose is made harmless.
    init(_ event: AlertEvent, _ escape: (String) -> String) {
        let alert = event.alert
        let subject = alert.subject
        let priority =
            event.kind == .resolved ? 5 : alert.severity == .critical ? 2 : alert.severity == .warning ? 4 : 6
        var fields: [(String, String)] = [
            ("MESSAGE", "alert \(event.kind.rawValue): \(escape(alert.message))"),
            ("MESSAGE_ID", Self.messageID(event.kind)), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "portlog"),
            ("PORTLOG_EVENT", event.kind.rawValue), ("PORTLOG_ALERT", "\(alert.id)"),
            ("PORTLOG_RULE", alert.rule.rawValue), ("PORTLOG_SEVERITY", alert.severity.name),
            ("PORTLOG_NAMESPACE", escape(subject.namespace)), ("PORTLOG_VALUE", "\(alert.value)"),
            ("PORTLOG_UNIT_OF_VALUE", alert.unit), ("PORTLOG_PEAK", "\(alert.peak)"),
        ]
        if !subject.detail.isEmpty { fields.append(("PORTLOG_DETAIL", escape(subject.detail))) }
        if subject.kind.rawValue <= AlertSubject.Kind.pool.rawValue {
            fields.append(("PORTLOG_PROTOCOL", subject.transport.rawValue))
        }
        if let local = subject.local {
            fields.append(("PORTLOG_LOCAL_ADDRESS", "\(local.address)"))
            if local.port > 0 { fields.append(("PORTLOG_LOCAL_PORT", "\(local.port)")) }
        }
        if let remote = subject.remote {
            fields += [("PORTLOG_REMOTE_ADDRESS", "\(remote.address)"), ("PORTLOG_REMOTE_PORT", "\(remote.port)")]
        }
        if let exhausted = alert.exhaustedAt { fields.append(("PORTLOG_EXHAUSTED_AT", exhausted.rfc3339)) }
        if let owner = alert.owners.first {
            fields += [("PORTLOG_PROGRAM", escape(owner.command)), ("PORTLOG_PID", "\(owner.pid)")]
            if let unit = owner.unit { fields.append(("PORTLOG_UNIT", escape(unit))) }
        }
        if !alert.advice.isEmpty { fields.append(("PORTLOG_ADVICE", alert.advice.map(escape).joined(separator: "\n"))) }
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }
}
