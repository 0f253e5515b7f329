import PortAlerts
import PortModel

/// The keys below `alerts`.
extension ConfigurationKey {
    /// A day, in milliseconds.
    private static let day: Int64 = 86_400_000

    /// All of them.
    static let alerting: [ConfigurationKey] =
        [
            one(
                "alerts.enabled", "Whether any rule is looked at.", "true or false", isReloadable: true,
                \.alerts.isEnabled, { "\($0)" }, bool),
            one(
                "alerts.resolve_after",
                "For how long nothing must be wrong before an alert has ended; longer for one that comes and goes.",
                "a duration from 1s to 1d", isReloadable: true, \.alerts.resolveAfter, text,
                { try duration($0, 1000...day)?.milliseconds }),
            one(
                "alerts.reopen_within", "What begins again so soon after its end is the same alert.",
                "a duration from 0s to 1d", isReloadable: true, \.alerts.reopenWithin, text,
                { try duration($0, 0...day)?.milliseconds }),
        ] + AlertRule.allCases.flatMap { rule in rule.settings.map { key(rule, $0) } }

    @Sendable private static func text(_ milliseconds: Int64) -> String {
        "\(DurationExpression(milliseconds: milliseconds))"
    }

    private static func key(_ rule: AlertRule, _ setting: AlertSetting) -> ConfigurationKey {
        func key<Value>(
            _ allowed: String, _ property: WritableKeyPath<RuleSettings, Value> & Sendable,
            _ text: @escaping @Sendable (Value) -> String, _ parse: @escaping @Sendable (String) throws -> Value?
        ) -> ConfigurationKey {
            ConfigurationKey(
                name: "alerts.\(rule.rawValue).\(setting.rawValue)", about: about(rule, setting), allowed: allowed,
                isReloadable: true, value: { [text($0.alerts[rule][keyPath: property])] },
                set: { configuration, values in
                    guard values.count == 1, let value = try parse(values[0]) else { throw ValueError(allowed) }
                    configuration.alerts.rules[rule, default: .standard(rule)][keyPath: property] = value
                })
        }
        func threshold(_ property: WritableKeyPath<RuleSettings, Double> & Sendable) -> ConfigurationKey {
            let scale = rule.isShare ? 100.0 : 1
            return key(
                rule.isShare ? "a percentage from 0 to 100" : "a number from 0 up", property,
                { CheckFigure.number($0 * scale) },
                { text in
                    guard let value = number(text, isPercent: rule.isShare), !rule.isShare || value <= 100 else {
                        return nil
                    }
                    return value / scale
                })
        }
        switch setting {
        case .enabled: return key("true or false", \.isEnabled, { "\($0)" }, bool)
        case .warning: return threshold(\.warning)
        case .critical: return threshold(\.critical)
        case .hold:
            return key("a duration from 0s to 1d", \.hold, text) { try duration($0, 0...day)?.milliseconds }
        case .forecast:
            return key("a duration from 0s to 1d", \.forecast, text) { try duration($0, 0...day)?.milliseconds }
        case .over:
            return key("a duration from 1m to 1d", \.over, text) { try duration($0, 60_000...day)?.milliseconds }
        case .lasting:
            return key("a duration from 1m to 30d", \.lasting, text) {
                try duration($0, 60_000...(30 * day))?.milliseconds
            }
        }
    }

    private static func about(_ rule: AlertRule, _ setting: AlertSetting) -> String {
        switch setting {
        case .enabled: "Whether it is looked at."
        case .warning: "From where on it is a warning, \(unit(rule))."
        case .critical: "From where on it is critical, \(unit(rule))."
        case .hold: "For how long it has to hold before a warning begins. What is critical begins at once."
        case .forecast: "Ports that run out within this time are critical, from 50 % on."
        case .over: "For how long they have to rise."
        case .lasting: "How long a listener must have been there to be missed."
        }
    }

    private static func unit(_ rule: AlertRule) -> String {
        switch rule.unit {
        case "ratio": "in percent"
        case "per_minute": "in connections a minute"
        default: "in \(rule.unit)"
        }
    }
}
