import PortAlerts
import PortModel

/// What stands below `overrides` and `silences`, where names are the user's.
struct ConfigurationNames {
    /// The keys of an entry.
    static let matching = AlertMatcher.allCases.map(\.rawValue)
    /// What an override can set.
    static let settings = [AlertSetting.enabled, .warning, .critical, .hold, .forecast].map(\.rawValue)

    /// Reads the entries of a file into a configuration.
    static func read(
        _ file: ConfigurationFile, now: Timestamp, _ localTime: LocalTime, into alerts: inout AlertConfiguration
    )
        throws
    {
        alerts.overrides = []
        alerts.silences = []
        for group in ["overrides", "silences"] {
            var entries: [(name: String, fields: [(key: String, value: ConfigurationFile.Value)])] = []
            for (name, value) in file.values where name.hasPrefix(group + ".") || name == group {
                let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
                if name == group, value.texts.allSatisfy({ $0.isEmpty }) { continue }
                // A name may have points in it.
                guard parts.count >= 3, let key = parts.last else {
                    throw ConfigurationError.file(
                        file.path, "line \(value.line): below \(group) stand names, and below each of them keys")
                }
                let entry = parts[1..<(parts.count - 1)].joined(separator: ".")
                if entries.last?.name != entry { entries.append((entry, [])) }
                entries[entries.count - 1].fields.append((key, value))
            }
            for entry in entries {
                let reader = Entry(place: file.path, group: group, name: entry.name)
                if group == "overrides" {
                    alerts.overrides.append(try reader.override(entry.fields, alerts))
                } else {
                    alerts.silences.append(try reader.silence(entry.fields, now: now, localTime))
                }
            }
        }
    }

    /// One entry.
    private struct Entry {
        var place: String
        var group: String
        var name: String

        typealias Fields = [(key: String, value: ConfigurationFile.Value)]

        private func refuse(_ key: String, _ value: ConfigurationFile.Value, _ allowed: String) -> PortlogError {
            ConfigurationError.value(
                "\(place) line \(value.line)", "\(group).\(name).\(key)", value.texts.joined(separator: ", "),
                allowed: allowed)
        }

        /// Takes what says which alerts; returns the fields that say something else.
        private func match(_ fields: Fields) throws -> (AlertMatch, Fields) {
            var match = AlertMatch()
            var others: Fields = []
            for (key, value) in fields {
                guard value.texts.count == 1, let text = value.texts.first, !value.isList else {
                    throw refuse(key, value, "one value")
                }
                switch key {
                case "rule":
                    guard let rule = AlertRule(rawValue: text) else {
                        throw refuse(key, value, AlertRule.allCases.map(\.rawValue).joined(separator: ", "))
                    }
                    match.rule = rule
                case "namespace": match.namespace = text
                case "destination":
                    guard let endpoint = Self.endpoint(text) else {
                        throw refuse(
                            key, value, "an address with or without a port, such as 10.0.0.1:80, [::1]:80 or 10.0.0.1")
                    }
                    match.destination = endpoint
                case "port":
                    guard let port = UInt16(text), port > 0 else { throw refuse(key, value, "a port from 1 to 65535") }
                    match.port = port
                case "program": match.program = text
                case "unit": match.unit = text
                default: others.append((key, value))
                }
            }
            if let rule = match.rule {
                let known = rule.matchers.map(\.rawValue)
                for (key, value) in fields where ConfigurationNames.matching.contains(key) && !known.contains(key) {
                    throw refuse(
                        key, value, "what alerts of \(rule.rawValue) have: \(known.joined(separator: ", "))")
                }
            }
            if match == AlertMatch() {
                throw ConfigurationError.value(
                    place, "\(group).\(name)", "for every alert",
                    allowed: "at least one of \(ConfigurationNames.matching.joined(separator: ", "))")
            }
            return (match, others)
        }

        func override(_ fields: Fields, _ alerts: AlertConfiguration) throws -> AlertConfiguration.Override {
            let (match, others) = try match(fields)
            if others.isEmpty {
                throw ConfigurationError.value(
                    place, "\(group).\(name)", "without a setting",
                    allowed: "one with at least one of \(ConfigurationNames.settings.joined(separator: ", "))")
            }
            var override = AlertConfiguration.Override(name: name, match: match)
            let isShare = match.rule?.isShare ?? true
            for (key, value) in others {
                let text = value.texts[0]
                try checkSetting(key, value, of: match.rule)
                func threshold() throws -> Double {
                    guard let number = ConfigurationKey.number(text, isPercent: isShare), !isShare || number <= 100
                    else {
                        throw refuse(key, value, isShare ? "a percentage from 0 to 100" : "a number from 0 up")
                    }
                    return isShare ? number / 100 : number
                }
                func duration() throws -> Int64 {
                    guard let duration = try? ConfigurationKey.duration(text, 0...86_400_000) else {
                        throw refuse(key, value, "a duration from 0s to 1d")
                    }
                    return duration.milliseconds
                }
                switch key {
                case "enabled":
                    guard let isEnabled = ConfigurationKey.bool(text) else { throw refuse(key, value, "true or false") }
                    override.isEnabled = isEnabled
                case "warning": override.warning = try threshold()
                case "critical": override.critical = try threshold()
                case "hold": override.hold = try duration()
                case "forecast": override.forecast = try duration()
                default:
                    throw ConfigurationError.unknown(
                        "\(place) line \(value.line)", "\(group).\(name).\(key)",
                        known: ConfigurationNames.matching + ConfigurationNames.settings)
                }
            }
            try checkOrder(of: override, alerts, others)
            return override
        }

        /// Refuses what the rule of an override does not have.
        private func checkSetting(_ key: String, _ value: ConfigurationFile.Value, of rule: AlertRule?) throws {
            guard let setting = AlertSetting(rawValue: key), ConfigurationNames.settings.contains(key) else { return }
            guard let rule else {
                if [.enabled, .hold].contains(setting) { return }
                throw refuse(key, value, "set only together with rule")
            }
            if rule.settings.contains(setting) { return }
            let known = rule.settings.map(\.rawValue).filter(ConfigurationNames.settings.contains)
            throw refuse(key, value, "what \(rule.rawValue) has: \(known.joined(separator: ", "))")
        }

        /// Refuses thresholds that stand the wrong way round, one of which may be the rule's own.
        private func checkOrder(
            of override: AlertConfiguration.Override, _ alerts: AlertConfiguration, _ fields: Fields
        ) throws {
            guard let rule = override.match.rule, override.warning != nil || override.critical != nil else { return }
            let warning = override.warning ?? alerts[rule].warning
            let critical = override.critical ?? alerts[rule].critical
            if critical >= warning { return }
            let scale = rule.isShare ? 100.0 : 1
            let (key, allowed) =
                override.critical != nil
                ? ("critical", "no less than the warning, which is \(CheckFigure.number(warning * scale))")
                : ("warning", "no more than critical, which is \(CheckFigure.number(critical * scale))")
            guard let value = fields.first(where: { $0.key == key })?.value else { return }
            throw refuse(key, value, allowed)
        }

        func silence(_ fields: Fields, now: Timestamp, _ localTime: LocalTime) throws -> AlertConfiguration.Silence {
            let (match, others) = try match(fields)
            var until: Timestamp?
            for (key, value) in others {
                guard key == "until" else {
                    throw ConfigurationError.unknown(
                        "\(place) line \(value.line)", "\(group).\(name).\(key)",
                        known: ConfigurationNames.matching + ["until"])
                }
                let time = try? TimeExpression(parsing: value.texts[0])
                // One that counts from now would begin anew with each start.
                guard let time, case .date = time.meaning else {
                    throw refuse(key, value, "a date and time such as 2026-12-01 06:00:00, or RFC 3339")
                }
                until = try time.timestamp(now: now, in: localTime)
            }
            guard let until else {
                throw ConfigurationError.value(place, "\(group).\(name)", "without an end", allowed: "one with until")
            }
            return AlertConfiguration.Silence(name: name, match: match, until: until)
        }

        /// `10.0.0.1:80`, `[::1]:80`, and an address alone.
        private static func endpoint(_ text: String) -> Endpoint? {
            if let address = IPAddress(text) { return Endpoint(address, 0) }
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            var address = text[..<colon]
            if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
            return IPAddress(String(address)).map { Endpoint($0, port) }
        }
    }
}
