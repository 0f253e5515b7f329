import PortAlerts
import PortHistory
import PortModel
import PortRecorder

/// One key of the configuration: its name, what may stand there, and what it does.
struct ConfigurationKey: Sendable {
    /// Its name in the file, with points between the levels: `alerts.ephemeral_exhaustion.warning`.
    var name: String
    /// What it is for, as the sample file says it.
    var about: String
    /// What is allowed: `a duration from 100ms to 1d`.
    var allowed: String
    /// Whether it is a list.
    var isList = false
    /// Whether SIGHUP puts it in force; else it is at the next start.
    var isReloadable = false
    /// The value of a configuration, in the notation that is read; a list has one entry a line.
    var value: @Sendable (RecorderConfiguration) -> [String]
    /// Takes a value; throws where it is not allowed.
    var set: @Sendable (inout RecorderConfiguration, [String]) throws -> Void

    /// The variable of the environment that sets it: `PORTLOG_ALERTS_EPHEMERAL_EXHAUSTION_WARNING`.
    var variable: String { "PORTLOG_" + name.uppercased().replacing(".", with: "_") }

    /// The levels of the name.
    var path: [String] { name.split(separator: ".").map(String.init) }

    /// A key with one value.
    static func one<Value>(
        _ name: String, _ about: String, _ allowed: String, isReloadable: Bool = false,
        _ property: WritableKeyPath<RecorderConfiguration, Value> & Sendable,
        _ text: @escaping @Sendable (Value) -> String, _ parse: @escaping @Sendable (String) throws -> Value?
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, about: about, allowed: allowed, isReloadable: isReloadable,
            value: { [text($0[keyPath: property])] },
            set: { configuration, values in
                guard values.count == 1, let value = try parse(values[0]) else { throw ValueError(allowed) }
                configuration[keyPath: property] = value
            })
    }

    /// Every key, in the order of the sample file. Those below `overrides` and `silences` have names of the user's.
    static let all: [ConfigurationKey] = recording + alerting + delivering

    /// A key by its name.
    static func named(_ name: String) -> ConfigurationKey? { byName[name] }
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    // MARK: - Kinds of values

    /// A duration of a range, in milliseconds.
    static func duration(_ text: String, _ range: ClosedRange<Int64>) throws -> DurationExpression? {
        let value = try DurationExpression(parsing: text)
        return range.contains(value.milliseconds) ? value : nil
    }

    /// `true` or `false`, as YAML 1.2 has them, and as the environment often has them.
    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// A number that is not negative, with or without a percent sign after it where that is meant.
    static func number(_ text: String, isPercent: Bool) -> Double? {
        var digits = text[...]
        if isPercent, digits.hasSuffix("%") { digits = digits.dropLast() }
        while digits.last == " " { digits = digits.dropLast() }
        var scanner = TextScanner(digits)
        guard scanner.takeDigits(), scanner.takeFraction() != nil, scanner.isAtEnd, let value = Double(digits) else {
            return nil
        }
        return value
    }

    // MARK: - The recorder

    private static let recording: [ConfigurationKey] = [
        ConfigurationKey(
            name: "database", about: "The file of the history.", allowed: "the path of a file",
            value: { $0.database.map { [$0] } ?? [] },
            set: { configuration, values in
                guard values.count == 1, !values[0].isEmpty else { throw ValueError("the path of a file") }
                configuration.database = values[0]
            }),
        one(
            "interval", "How often to sample.", "a duration from 100ms to 1d", isReloadable: true, \.interval,
            { "\($0)" }, { try duration($0, 100...86_400_000) }),
        one(
            "budget", "The most that the database may take, its write-ahead log included.", "a size from 1MiB up",
            \.budget, { "\($0)" },
            { text in
                let size = try SizeExpression(parsing: text)
                return size.bytes >= RetentionPolicy.leastBudget ? size : nil
            }),
        one(
            "keep.samples", "How long every sample is kept, if the budget allows.", "a duration from 1m up",
            \.keepSamples, { "\($0)" }, { try duration($0, RollupLevel.minute.milliseconds ... .max) }),
        one(
            "keep.minutes", "How long minutes are kept.", "a duration not shorter than keep.samples", \.keepMinutes,
            { "\($0)" }, { try duration($0, RollupLevel.minute.milliseconds ... .max) }),
        one(
            "keep.hours", "How long hours, listeners and alerts are kept.", "a duration not shorter than keep.minutes",
            \.keepHours, { "\($0)" }, { try duration($0, RollupLevel.minute.milliseconds ... .max) }),
        one(
            "namespaces", "Which network namespaces are recorded: all that processes live in, or the recorder's own.",
            "all or own", \.namespaces, { $0.rawValue }, { RecordedNamespaces(rawValue: $0) }),
        one(
            "source", "Where sockets are read from; sock-diag adds TCP sockets that are bound and do not listen.",
            "auto, proc or sock-diag", \.source, { $0.rawValue }, { SocketSource(rawValue: $0) }),
    ]

    private static let delivering: [ConfigurationKey] = [
        one(
            "deliver.journal", "Whether the journal gets alerts, with fields of its own (PORTLOG_RULE and others).",
            "true or false", isReloadable: true, \.delivery.journal, { "\($0)" }, bool),
        ConfigurationKey(
            name: "deliver.exec",
            about:
                "A program that gets each alert as JSON on its standard input: its path and its arguments, no shell.",
            allowed: "a list that begins with an absolute path, or an empty one", isList: true, isReloadable: true,
            value: { $0.delivery.exec },
            set: { configuration, values in
                guard values.isEmpty || values[0].hasPrefix("/") else {
                    throw ValueError("a list that begins with an absolute path, or an empty one")
                }
                configuration.delivery.exec = values
            }),
        one(
            "deliver.exec_timeout", "How long that program may run.", "a duration from 1s to 10m", isReloadable: true,
            \.delivery.execTimeout, { "\(DurationExpression(milliseconds: $0))" },
            { try duration($0, 1000...600_000)?.milliseconds }),
        one(
            "deliver.exec_concurrency", "How many of that program may run at once.", "a number from 1 to 16",
            isReloadable: true, \.delivery.execConcurrency, { "\($0)" },
            { Int($0).flatMap { (1...16).contains($0) ? $0 : nil } }),
        one(
            "deliver.socket",
            "A stream socket of AF_UNIX that gets each alert as a line of JSON, as portlog-notify.socket listens on.",
            "an absolute path of at most 107 bytes, or nothing", isReloadable: true, \.delivery.socket, { $0 },
            { $0.isEmpty || ($0.hasPrefix("/") && $0.utf8.count <= 107) ? $0 : nil }),
    ]
}
