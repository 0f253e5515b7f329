import PortModel

/// A threshold of the monitoring plugins' guidelines: a range outside of which (or with `@` inside of which) it is alarming.
///
/// `10` is 0 to 10, `10:` is 10 and more, `~:10` is up to 10, `10:20` is 10 to 20, `@10:20` is alarming from 10 to 20. Both ends belong
/// to a range (https://www.monitoring-plugins.org/doc/guidelines.html, "Threshold and Ranges").
struct CheckRange: Hashable, Sendable {
    /// The lower end; `nil`: none.
    var start: Double?
    /// The upper end; `nil`: none.
    var end: Double?
    /// Whether it is alarming inside.
    var isInside: Bool
    /// As it was written.
    let text: String

    /// Reads a range.
    init(parsing text: String) throws {
        let refusal = ValueError(
            "a threshold is a number or a range of the monitoring plugins, such as 80, 10:, ~:80, 10:20 or @10:20")
        self.text = text
        var rest = text[...]
        isInside = rest.hasPrefix("@")
        if isInside { rest = rest.dropFirst() }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { throw refusal }
        func number(_ text: Substring) throws -> Double {
            var scanner = TextScanner(text)
            _ = scanner.take("-", "+")
            guard scanner.takeDigits(), scanner.takeFraction() != nil, scanner.isAtEnd, let value = Double(text),
                value.isFinite
            else { throw refusal }
            return value
        }
        if parts.count == 1 {
            start = 0
            end = try number(parts[0])
        } else {
            start = parts[0] == "~" ? nil : parts[0].isEmpty ? 0 : try number(parts[0])
            end = parts[1].isEmpty ? nil : try number(parts[1])
        }
        if let start, let end, start > end { throw ValueError("the range \(text) ends before it begins") }
    }

    /// Whether a value is alarming.
    func isAlarming(_ value: Double) -> Bool {
        let isWithin = (start.map { value >= $0 } ?? true) && (end.map { value <= $0 } ?? true)
        return isWithin == isInside
    }
}
