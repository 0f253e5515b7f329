/// What a piece of a table means to the eye. The only place that knows escape sequences.
enum Emphasis: Sendable {
    /// The line of the column headers.
    case header
    /// Less important than the rest.
    case faint
    /// Fine.
    case good
    /// Worth a look.
    case warning
    /// Needs something done.
    case critical
}

/// Colours, or none.
struct Style: Sendable {
    /// Whether escape sequences are written.
    var isOn: Bool

    /// The text with an emphasis. The text must be escaped already.
    func apply(_ emphasis: Emphasis?, to text: String) -> String {
        guard isOn, let emphasis, !text.isEmpty else { return text }
        let code =
            switch emphasis {
            case .header: "1"
            case .faint: "2"
            case .good: "32"
            case .warning: "33"
            case .critical: "1;31"
            }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }
}
