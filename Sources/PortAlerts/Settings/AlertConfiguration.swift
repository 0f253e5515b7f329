import PortModel

/// What the rules are told.
public struct AlertConfiguration: Hashable, Sendable {
    /// Other settings for some alerts. What is `nil` stays as the rule has it.
    public struct Override: Hashable, Sendable {
        /// Its name in the file.
        public var name: String
        /// For which alerts.
        public var match: AlertMatch
        /// Whether the rule is looked at.
        public var isEnabled: Bool?
        /// Another threshold of the warning.
        public var warning: Double?
        /// Another threshold of what is critical.
        public var critical: Double?
        /// Another time that a warning has to hold, in milliseconds.
        public var hold: Int64?
        /// Another forecast, in milliseconds.
        public var forecast: Int64?

        /// An override that changes nothing yet.
        public init(name: String, match: AlertMatch) {
            self.name = name
            self.match = match
        }
    }

    /// Alerts that are not delivered for a time. They are in the history all the same.
    public struct Silence: Hashable, Sendable {
        /// Its name in the file.
        public var name: String
        /// Which alerts.
        public var match: AlertMatch
        /// When it ends.
        public var until: Timestamp

        /// A silence of its parts.
        public init(name: String, match: AlertMatch, until: Timestamp) {
            self.name = name
            self.match = match
            self.until = until
        }
    }

    /// Whether any rule is looked at.
    public var isEnabled = true
    /// For how long nothing must be wrong before an alert has ended, in milliseconds. It doubles, up to ``longestRest``, each time
    /// that the alert begins again.
    public var resolveAfter: Int64 = 60_000
    /// What begins again so many milliseconds after its end is the same alert.
    public var reopenWithin: Int64 = 900_000
    /// How each rule is set.
    public var rules: [AlertRule: RuleSettings]
    /// Other settings for some alerts; of several that fit, later ones win.
    public var overrides: [Override] = []
    /// What is not delivered.
    public var silences: [Silence] = []

    /// The longest time without trouble that an alert which comes and goes is asked for, in milliseconds.
    public static let longestRest: Int64 = 1_800_000

    /// The defaults.
    public init() {
        rules = Dictionary(uniqueKeysWithValues: AlertRule.allCases.map { ($0, RuleSettings.standard($0)) })
    }

    /// How a rule is set.
    public subscript(rule: AlertRule) -> RuleSettings { rules[rule] ?? .standard(rule) }

    /// How a rule is set for a subject.
    func settings(
        _ rule: AlertRule, _ subject: @autoclosure () -> AlertSubject, owners: () -> [PortOwner]
    ) -> RuleSettings {
        var settings = self[rule]
        if overrides.isEmpty { return settings }
        let subject = subject()
        for override in overrides {
            if let wanted = override.match.rule, wanted != rule { continue }
            guard override.match.matches(rule, subject, override.match.asksWho ? owners() : []) else { continue }
            settings.isEnabled = override.isEnabled ?? settings.isEnabled
            settings.warning = override.warning ?? settings.warning
            settings.critical = override.critical ?? settings.critical
            settings.hold = override.hold ?? settings.hold
            settings.forecast = override.forecast ?? settings.forecast
        }
        return settings
    }

    /// Whether a rule is looked at for any subject: an override may switch on what the rule has off.
    func isLookedAt(_ rule: AlertRule) -> Bool {
        self[rule].isEnabled
            || overrides.contains { $0.isEnabled == true && ($0.match.rule == nil || $0.match.rule == rule) }
    }

    /// The lowest warning of a rule, overrides included: below it nobody has to be looked at.
    func lowestWarning(_ rule: AlertRule) -> Double {
        let others = overrides.lazy.filter { $0.match.rule == nil || $0.match.rule == rule }
            .flatMap { [$0.warning, $0.critical].compactMap(\.self) }
        return min(self[rule].warning, self[rule].critical, others.min() ?? .infinity)
    }

    /// Whether an alert is silenced at a moment.
    func isSilenced(_ rule: AlertRule, _ subject: AlertSubject, _ owners: [PortOwner], at now: Timestamp) -> Bool {
        silences.contains { now < $0.until && $0.match.matches(rule, subject, owners) }
    }
}
