import PortModel

/// What can be set of a rule. The raw value is an interface: a key of the configuration.
public enum AlertSetting: String, CaseIterable, Sendable {
    /// Whether the rule is looked at.
    case enabled
    /// From where on it is a warning, in the rule's unit; of shares in percent.
    case warning
    /// From where on it is critical, likewise.
    case critical
    /// For how long it has to hold before a warning begins. What is critical begins at once.
    case hold
    /// Ports that run out within this time are critical.
    case forecast
    /// Over which time the figure is taken.
    case over
    /// How long a listener must have been there to be missed.
    case lasting
}

extension AlertRule {
    /// What can be set of it, in the order of the sample file.
    public var settings: [AlertSetting] {
        switch self {
        case .ephemeralExhaustion: [.enabled, .warning, .critical, .hold, .forecast]
        case .slowConnect, .listenConflict: [.enabled, .hold]
        case .ephemeralPool, .timeWaitLimit, .acceptQueue: [.enabled, .warning, .critical, .hold]
        case .portStolen: [.enabled]
        case .listenerGone: [.enabled, .hold, .lasting]
        case .closeWaitLeak: [.enabled, .warning, .critical, .over]
        case .recorder: [.enabled, .hold]
        }
    }

    /// Whether its thresholds are shares, which people write in percent.
    public var isShare: Bool { unit == "ratio" }
}
