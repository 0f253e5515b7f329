import PortModel

/// One figure of a check: `'label'=value[UOM];[warn];[crit];[min];[max]`.
struct CheckFigure: Hashable, Sendable {
    /// Its name.
    var label: String
    /// The figure.
    var value: Double
    /// Its unit: empty, `%`, `s`, `B` or `c`, as the guidelines have them.
    var unit = ""
    /// Thresholds as they were given.
    var warning: CheckRange?
    /// Likewise.
    var critical: CheckRange?
    /// The least that it can be.
    var minimum: Double?
    /// The most.
    var maximum: Double?
    /// The same for OpenMetrics.
    var metric: Metric

    /// A sample of OpenMetrics.
    struct Metric: Hashable, Sendable {
        /// The name of its family, without `portlog_`.
        var name: String
        /// What it is.
        var help: String
        /// Labels, in order.
        var labels: [Label] = []
        /// What it says where that is not the figure itself.
        var value: Double?
        /// What to multiply the value with: a percentage is a ratio there.
        var scale = 1.0
    }

    /// A label of OpenMetrics.
    struct Label: Hashable, Sendable {
        /// Its name.
        var name: String
        /// Its value.
        var value: String
    }

    /// How bad the figure is.
    var status: CheckStatus {
        if let critical, critical.isAlarming(value) { return .critical }
        if let warning, warning.isAlarming(value) { return .warning }
        return .ok
    }

    /// As performance data. A quote within the label is doubled, and an equals sign cannot stand in one.
    var performanceData: String {
        let label = TextEscape.escaped(label).split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "''").replacing("=", with: "_").replacing("|", with: "_")
        let fields = [
            "\(Self.number(value))\(unit)", warning?.text ?? "", critical?.text ?? "", minimum.map(Self.number) ?? "",
            maximum.map(Self.number) ?? "",
        ]
        let text = fields.joined(separator: ";")
        let end = text.lastIndex { $0 != ";" } ?? text.startIndex
        return "'\(label)'=\(text[...end])"
    }

    /// Digits with at most two after the point; whole numbers without one.
    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        guard rounded.isFinite else { return "U" }
        return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? String(Int64(rounded)) : "\(rounded)"
    }
}
