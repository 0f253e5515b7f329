import Foundation
import Testing

@testable import portlog

/// The golden documents, `Tests/PortlogTests/Golden/COMMAND.json`, `.csv` and `.txt`. With `PORTLOG_UPDATE_GOLDEN=1` in
/// the environment a test run writes them instead of comparing with them.
enum Golden {
    private static let folder = package.appendingPathComponent("Tests/PortlogTests/Golden")
    /// The top folder of the package.
    static let package = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    /// Whether this run writes the golden documents.
    static var isUpdating: Bool { ProcessInfo.processInfo.environment["PORTLOG_UPDATE_GOLDEN"] == "1" }

    /// Compares a JSON document, field by field.
    static func expect(json text: String, is name: String) throws {
        let found = try JSONSerialization.jsonObject(with: Data(text.utf8))
        if isUpdating { try write(pretty(found) + "\n", name + ".json") }
        let golden = try JSONSerialization.jsonObject(with: Data(read(name + ".json").utf8))
        for difference in try differences(found, golden) { Issue.record("\(name).json: \(difference)") }
    }

    /// Compares text, line by line.
    static func expect(text: String, is name: String) throws {
        if isUpdating { try write(text, name) }
        // Not by characters: a line feed after a carriage return is none of its own.
        let found = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
        let golden = try read(name).utf8.split(separator: 10, omittingEmptySubsequences: false)
        for (number, (a, b)) in zip(found, golden).enumerated() where !a.elementsEqual(b) {
            Issue.record("\(name):\(number + 1): \(Substring(a)) instead of \(Substring(b))")
        }
        #expect(found.count == golden.count, "\(name)")
    }

    /// The fields in which two documents differ: `.sockets[3].uid: 0 instead of null`.
    static func differences(_ found: Any, _ golden: Any, at path: String = "") throws -> [String] {
        if let found = found as? [String: Any], let golden = golden as? [String: Any] {
            return try Set(found.keys).union(golden.keys).sorted().flatMap { key in
                guard let a = found[key] else { return ["\(path).\(key) is missing"] }
                guard let b = golden[key] else { return ["\(path).\(key) is new"] }
                return try differences(a, b, at: "\(path).\(key)")
            }
        }
        if let found = found as? [Any], let golden = golden as? [Any] {
            let counts = found.count == golden.count ? [] : ["\(path): \(found.count) entries, not \(golden.count)"]
            return try counts
                + zip(found, golden).enumerated().flatMap { try differences($1.0, $1.1, at: "\(path)[\($0)]") }
        }
        // By their text, so that 1 is not true.
        let (a, b) = (try compact(found), try compact(golden))
        return a == b ? [] : ["\(path): \(a) instead of \(b)"]
    }

    /// A document for people: keys sorted, what fits on one line on one line.
    static func pretty(_ value: Any, indent: Int = 0) throws -> String {
        let line = try compact(value)
        if line.count + indent <= 100 { return line }
        let margin = String(repeating: " ", count: indent + 2)
        let end = "\n" + String(repeating: " ", count: indent)
        if let object = value as? [String: Any] {
            let fields = try object.sorted { $0.key < $1.key }.map { key, value in
                "\(margin)\(try compact(key)): \(try pretty(value, indent: indent + 2))"
            }
            return "{\n\(fields.joined(separator: ",\n"))\(end)}"
        }
        if let array = value as? [Any] {
            let entries = try array.map { margin + (try pretty($0, indent: indent + 2)) }
            return "[\n\(entries.joined(separator: ",\n"))\(end)]"
        }
        return line
    }

    /// A document on one line, with the spaces that people like, and escaped as portlog does.
    private static func compact(_ value: Any) throws -> String {
        if let object = value as? [String: Any] {
            let fields = try object.sorted { $0.key < $1.key }.map { "\(try compact($0)): \(try compact($1))" }
            return "{\(fields.joined(separator: ", "))}"
        }
        if let array = value as? [Any] { return "[\(try array.map(compact).joined(separator: ", "))]" }
        let data = try JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
        return JSONDocument.harmless(String(decoding: data, as: UTF8.self))
    }

    private static func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }

    private static func write(_ text: String, _ name: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
}
