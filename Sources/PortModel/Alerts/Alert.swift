/// One story: something began, became worse, was at its worst, and ended.
public struct Alert: Hashable, Sendable {
    /// Its number in the history; 0 before it is written there.
    public var id: Int
    /// Why.
    public var rule: AlertRule
    /// How bad it has been at its worst.
    public var severity: AlertSeverity
    /// What it is about.
    public var subject: AlertSubject
    /// When it began.
    public var openedAt: Timestamp
    /// When it came to its present severity, where it began with a milder one.
    public var worsenedAt: Timestamp?
    /// When it ended; `nil` while it lasts.
    public var resolvedAt: Timestamp?
    /// How often it began: what begins again soon after its end is the same story.
    public var times: Int
    /// The figure that the rule looks at, now or at the end; its unit is ``unit``.
    public var value: Double
    /// The worst figure.
    public var peak: Double
    /// When that was first.
    public var peakAt: Timestamp
    /// When the ports will be used up, as far as that can be told; `nil` without a rising trend.
    public var exhaustedAt: Timestamp?
    /// A silence kept it from being delivered.
    public var isSilenced: Bool
    /// Whose it is, those with most to do with it first; at most ``mostOwners``.
    public var owners: [PortOwner]
    /// What happened, as one sentence. Words that a process chose are in it as that chose them.
    public var message: String
    /// What can be done about it, a line each.
    public var advice: [String]

    /// The most owners that an alert names.
    public static let mostOwners = 5

    /// An alert that begins now.
    public init(
        id: Int = 0, rule: AlertRule, severity: AlertSeverity, subject: AlertSubject, openedAt: Timestamp,
        value: Double = 0, owners: [PortOwner] = [], message: String = "", advice: [String] = []
    ) {
        self.id = id
        self.rule = rule
        self.severity = severity
        self.subject = subject
        self.openedAt = openedAt
        self.value = value
        self.owners = owners
        self.message = message
        self.advice = advice
        times = 1
        peak = value
        peakAt = openedAt
        isSilenced = false
    }

    /// Whether it lasts.
    public var isOpen: Bool { resolvedAt == nil }

    /// Whether it lasted at some moment of a period.
    public func overlaps(_ since: Timestamp, _ until: Timestamp) -> Bool {
        openedAt <= until && resolvedAt.map { $0 >= since } ?? true
    }
}

extension Alert {
    /// What its figures are in: those of a listener's accept queue are its connections.
    public var unit: String { rule == .acceptQueue && subject.kind == .listener ? "sockets" : rule.unit }
}

extension AlertRule {
    /// What the figures of its alerts are in.
    public var unit: String {
        switch self {
        // A share: 0 to 1.
        case .ephemeralExhaustion, .slowConnect, .ephemeralPool, .timeWaitLimit: "ratio"
        case .listenConflict, .portStolen, .closeWaitLeak: "sockets"
        case .listenerGone: "seconds"
        case .acceptQueue: "per_minute"
        case .recorder: "samples"
        }
    }
}
