import PortModel

/// What a check has found: one line for a monitoring plugin, or samples of OpenMetrics.
struct CheckResult: Hashable, Sendable {
    /// What was checked: `EPHEMERAL`.
    var service: String
    /// How it is.
    var status: CheckStatus
    /// What was found, in words.
    var text: String
    /// The figures.
    var figures: [CheckFigure] = []

    /// `EPHEMERAL OK - … | 'label'=value;warn;crit;min;max`. What would end the text or begin figures is left out of it.
    var pluginLine: String {
        let text = TextEscape.escaped(text).replacing("|", with: "/")
        let data = figures.map(\.performanceData).joined(separator: " ")
        return "\(service) \(status.name) - \(text)" + (data.isEmpty ? "" : " | \(data)") + "\n"
    }

    /// The same as an OpenMetrics exposition. node_exporter's textfile collector reads it: a family begins with its name.
    var openMetrics: String {
        var families: [(name: String, help: String, lines: [String])] = []
        func add(_ metric: CheckFigure.Metric, _ value: Double) {
            let name = "portlog_" + metric.name
            let labels = metric.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            let line = name + (labels.isEmpty ? "" : "{\(labels)}") + " \(Self.number(value * metric.scale))"
            if let index = families.firstIndex(where: { $0.name == name }) {
                families[index].lines.append(line)
            } else {
                families.append((name, metric.help, [line]))
            }
        }
        for figure in figures { add(figure.metric, figure.metric.value ?? figure.value) }
        add(
            .init(
                name: "check_status", help: "0 ok, 1 warning, 2 critical, 3 unknown.",
                labels: [.init(name: "check", value: service.lowercased())]), Double(status.rawValue))
        let text = families.map { family in
            "# HELP \(family.name) \(Self.escaped(family.help))\n# TYPE \(family.name) gauge\n"
                + family.lines.map { $0 + "\n" }.joined()
        }
        return text.joined() + "# EOF\n"
    }

    /// A label's value: backslash, quote and line feed are escaped, and what could harm a terminal is visible.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result += TextEscape.isHarmful(scalar) ? "\\" + TextEscape.visible(scalar) : String(scalar)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15
            ? String(Int64(value)) : "\((value * 1_000_000).rounded() / 1_000_000)"
    }
}
