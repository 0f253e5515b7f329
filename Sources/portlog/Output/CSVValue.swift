import PortModel

/// What a cell of a CSV row holds.
enum CSVValue: Hashable, Sendable {
    /// Nothing is known: an empty cell.
    case null
    /// Text, which a stranger may have chosen.
    case text(String)
    /// Digits, and nothing that would have to be quoted.
    case literal(String)
    /// Several texts, joined by `;`.
    case list([String])

    /// The cell as it stands between two commas.
    var cell: String {
        switch self {
        case .null: ""
        case .literal(let text): text
        case .text(let text): Self.quoted(Self.guarded(Self.printable(text)))
        case .list(let items):
            // A semicolon within an item would look like the next item.
            Self.quoted(
                Self.guarded(
                    items.map {
                        Self.printable($0).split(separator: ";", omittingEmptySubsequences: false).joined(
                            separator: "\\x3b")
                    }
                    .joined(separator: ";")))
        }
    }

    /// Escaped like a table's cell, except that tabs stay: they have no effect outside of their cell.
    private static func printable(_ text: String) -> String {
        if TextEscape.isPlainASCII(text) { return text }
        return text.split(separator: "\t", omittingEmptySubsequences: false)
            .map { TextEscape.escaped(String($0)) }.joined(separator: "\t")
    }

    /// With an apostrophe before what a spreadsheet would take for a formula.
    private static func guarded(_ text: String) -> String {
        guard let first = text.utf8.first, "=+-@\t\r".utf8.contains(first), !isNumber(text) else { return text }
        return "'" + text
    }

    /// RFC 4180: quotes around commas, quotes and line ends, and quotes within are doubled.
    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result.unicodeScalars.append(scalar) }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    /// Whether it is a number as JSON writes them, or with a plus before it.
    private static func isNumber(_ text: String) -> Bool {
        var scanner = TextScanner(text)
        _ = scanner.take("+", "-")
        guard scanner.takeDigits(), scanner.takeFraction() != nil else { return false }
        if scanner.take("e", "E") {
            _ = scanner.take("+", "-")
            guard scanner.takeDigits() else { return false }
        }
        return scanner.isAtEnd
    }
}

/// What can stand in a CSV cell.
protocol CSVConvertible {
    /// The value as a cell, written as JSON writes it.
    var csvValue: CSVValue { get }
}

extension CSVValue: CSVConvertible {
    var csvValue: CSVValue { self }
}

extension String: CSVConvertible {
    var csvValue: CSVValue { .text(self) }
}

extension Bool: CSVConvertible {
    var csvValue: CSVValue { .literal(self ? "true" : "false") }
}

extension Int: CSVConvertible {}
extension Int32: CSVConvertible {}
extension Int64: CSVConvertible {}
extension UInt16: CSVConvertible {}
extension UInt32: CSVConvertible {}
extension UInt64: CSVConvertible {}

extension CSVConvertible where Self: BinaryInteger {
    var csvValue: CSVValue { .literal(String(self)) }
}

extension Double: CSVConvertible {
    var csvValue: CSVValue {
        guard isFinite else { return .null }
        let text = "\(self)"
        return .literal(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
}

extension Timestamp: CSVConvertible {
    var csvValue: CSVValue { .literal(rfc3339) }
}

extension Optional: CSVConvertible where Wrapped: CSVConvertible {
    var csvValue: CSVValue { self?.csvValue ?? .null }
}

extension Array: CSVConvertible where Element == String {
    var csvValue: CSVValue { .list(self) }
}
