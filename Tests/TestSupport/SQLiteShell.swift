import Foundation

/// SQLite's own shell, asked about a file that it only reads: what somebody without portlog sees of a history.
public struct SQLiteShell {
    /// A value of a row.
    public enum Cell: Hashable, Sendable {
        case null
        case number(Double)
        case text(String)
    }

    /// Why there is no answer.
    public struct Failure: Error, CustomStringConvertible {
        /// What the shell says.
        public let description: String
    }

    private let path: String

    /// A shell for a file.
    public init(_ path: String) { self.path = path }

    /// The rows of a query, by the names of their columns.
    public func rows(_ sql: String) throws -> [[String: Cell]] {
        let output = try run(["-json", path, sql])
        if output.isEmpty { return [] }
        let rows = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]] ?? []
        return rows.map { $0.mapValues(Self.cell) }
    }

    /// The rows of a query as a table with a header.
    public func table(_ sql: String) throws -> String { try run(["-header", "-column", path, sql]) }

    private static func cell(_ value: Any) -> Cell {
        if let text = value as? String { return .text(text) }
        return (value as? NSNumber).map { .number($0.doubleValue) } ?? .null
    }

    private func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-readonly", "-bail"] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0: return text
        case 127: throw Failure(description: "sqlite3 is missing; make test installs it")
        default: throw Failure(description: message)
        }
    }
}

extension SQLiteShell.Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }

    /// A text, or NULL.
    public init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    /// A number, or NULL.
    public init(_ number: (some BinaryInteger)?) { self = number.map { .number(Double($0)) } ?? .null }
    /// A number, or NULL.
    public init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
}

extension SQLiteShell.Cell: CustomStringConvertible {
    /// As a person would write it.
    public var description: String {
        switch self {
        case .null: "null"
        case .number(let number): number == number.rounded() ? String(Int(number)) : String(number)
        case .text(let text): "'\(text)'"
        }
    }

    /// The number; `nil` for everything else.
    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    /// The text; `nil` for everything else.
    public var text: String? { if case .text(let text) = self { text } else { nil } }
}
