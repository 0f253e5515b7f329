import PortModel

/// By what an override or a silence says which alerts it is about. The raw value is an interface: a key of the configuration.
public enum AlertMatcher: String, CaseIterable, Sendable {
    /// One rule.
    case rule
    /// A network namespace.
    case namespace
    /// The peer of a destination.
    case destination
    /// The port of a listener, or of a destination's peer.
    case port
    /// The command of a process, or the path of its executable.
    case program
    /// The systemd unit of a process.
    case unit
}

extension AlertRule {
    /// What its alerts have to match by.
    public var matchers: [AlertMatcher] {
        switch self {
        case .ephemeralExhaustion, .slowConnect: AlertMatcher.allCases
        case .listenConflict, .portStolen, .listenerGone, .acceptQueue: [.rule, .namespace, .port, .program, .unit]
        case .closeWaitLeak: [.rule, .namespace, .program, .unit]
        case .ephemeralPool, .timeWaitLimit, .recorder: [.rule, .namespace]
        }
    }
}
