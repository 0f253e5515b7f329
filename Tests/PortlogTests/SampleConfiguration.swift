import PortModel

@testable import portlog

/// The sample file, as the keys of the code say it.
enum SampleConfiguration {
    /// The whole text.
    static var text: String {
        var text = """
            # The configuration of portlog's recorder: /etc/portlog/portlog.yaml.
            #
            # Every key is here with its default. Flags of `portlog record` come before variables of the environment (PORTLOG_ and the
            # name in capitals, with _ for each point: PORTLOG_ALERTS_EPHEMERAL_EXHAUSTION_WARNING), and these before this file.
            # `portlog config check` says whether it is right, `portlog config show` what is in force. `systemctl reload portlog`
            # (SIGHUP) reads it anew; keys marked with "next start" stay as they were until then.

            """
        var levels: [String] = []
        for key in ConfigurationKey.all {
            let path = key.path
            let groups = Array(path.dropLast())
            for depth in groups.indices where Array(levels.prefix(depth + 1)) != Array(groups.prefix(depth + 1)) {
                text += "\n" + indent(depth) + groups[depth] + ":\n"
                if depth == 1, let rule = AlertRule(rawValue: groups[1]) { text += comment(about(rule), depth + 1) }
            }
            if groups.isEmpty { text += "\n" }
            levels = groups
            let depth = groups.count
            let start = key.isReloadable ? "" : " Next start."
            text += comment("\(key.about) Allowed: \(key.allowed).\(start)", depth)
            let values = key.value(RecorderConfiguration())
            let value = key.isList ? "[]" : values.first ?? "/var/lib/portlog/portlog.db"
            text += indent(depth) + "#\(path.last ?? ""): \(value.isEmpty ? "\"\"" : value)\n"
        }
        return text + """

            # Other settings for some alerts, by a name of your own. What an alert has to fit: rule, namespace, destination (address with
            # or without a port), port (of a listener, or of a destination's peer), program (command or path), unit
            # (nginx.service; user@1000.service/dev.service; never one of a container). What can be set:
            # enabled, hold, and together with rule warning, critical, forecast.
            overrides:
              #payments-db: {rule: ephemeral_exhaustion, destination: "10.0.0.5:5432", warning: 60, critical: 80}
              #batch: {unit: batch.service, enabled: false}

            # Alerts that are recorded and not delivered, until a date and time.
            silences:
              #migration: {rule: time_wait_limit, until: "2030-01-01 06:00:00"}

            """
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    /// A comment on as many lines as it needs.
    private static func comment(_ text: String, _ depth: Int) -> String {
        let margin = indent(depth) + "# "
        return WordWrap.lines(of: text, width: 100 - margin.count).map { margin + $0 + "\n" }.joined()
    }

    private static func about(_ rule: AlertRule) -> String {
        switch rule {
        case .ephemeralExhaustion: "The ports towards one destination run out: then connect() fails with EADDRNOTAVAIL."
        case .slowConnect:
            "No port is free of the parity that connect() tries first: each one searches half of the range in vain."
        case .ephemeralPool: "The pool of bind() to port 0, TCP and UDP, and of UDP's connect(), runs out."
        case .timeWaitLimit: "TIME_WAITs come near tcp_max_tw_buckets, above which the kernel drops them."
        case .listenConflict:
            "Listeners of different programs or users on one port, one before another's wildcard, shared UDP."
        case .portStolen: "An outgoing connection was given the port of a listener that has gone: always critical."
        case .listenerGone: "A listener that was there for long has gone and not come back."
        case .closeWaitLeak: "The CLOSE_WAITs of one process only ever rise."
        case .acceptQueue: "Connections are dropped because listeners do not take them (ListenOverflows, ListenDrops)."
        case .recorder: "Samples are missed or lost, or a permission is gone."
        }
    }
}
