import PortModel

/// How one rule is set. Which of the properties it looks at is said by ``PortModel/AlertRule/settings``.
public struct RuleSettings: Hashable, Sendable {
    /// Whether it is looked at.
    public var isEnabled = true
    /// From where on it is a warning, in the rule's unit: shares are 0 to 1.
    public var warning = 0.8
    /// From where on it is critical.
    public var critical = 0.95
    /// For how long it has to hold before a warning begins, in milliseconds.
    public var hold: Int64 = 30_000
    /// Ports that run out within this many milliseconds are critical.
    public var forecast: Int64 = 600_000
    /// Over which time the figure is taken, in milliseconds.
    public var over: Int64 = 600_000
    /// How long a listener must have been there to be missed, in milliseconds.
    public var lasting: Int64 = 3_600_000

    /// The defaults of the first rules.
    public init() {}

    /// How a rule is set unless told otherwise.
    public static func standard(_ rule: AlertRule) -> RuleSettings {
        var settings = RuleSettings()
        switch rule {
        case .ephemeralExhaustion, .ephemeralPool, .timeWaitLimit, .portStolen: break
        case .slowConnect, .listenConflict, .listenerGone, .recorder: settings.hold = 60_000
        case .closeWaitLeak: (settings.warning, settings.critical) = (50, 1000)
        case .acceptQueue: (settings.warning, settings.critical) = (10, 600)
        }
        return settings
    }

    /// Below this share of the warning the rule is at rest again.
    static let hysteresis = 0.9
    /// From this utilization on a forecast counts.
    static let forecastFloor = 0.5

    /// How bad a figure is; `nil` below the warning.
    func severity(of value: Double) -> AlertSeverity? {
        value >= critical ? .critical : value >= warning ? .warning : nil
    }

    /// Whether a figure is so far below the warning that nothing is wrong any more.
    func isClear(_ value: Double) -> Bool { value < min(warning, critical) * Self.hysteresis }
}
