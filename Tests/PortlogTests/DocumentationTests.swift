import Foundation
import Testing

@testable import portlog

/// docs/json-output.md: its examples are what portlog answers, and it describes every field of them.
@Suite struct DocumentationTests {
    /// A chapter about one document, with its example.
    private struct Chapter {
        var name: String
        var text: String
        var command: [String]
        var example: String
    }

    private static let file = Golden.package.appendingPathComponent("docs/json-output.md")

    private static func text() throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }

    private static func chapters(_ text: String) -> [Chapter] {
        text.components(separatedBy: "\n## ").dropFirst().compactMap { chapter in
            guard let match = chapter.firstMatch(of: /```console\n\$ portlog ([^\n]*)\n```\n\n```json\n([^`]*)\n```/)
            else { return nil }
            return Chapter(
                name: String(chapter.prefix { $0 != "\n" }), text: chapter,
                command: match.1.split(separator: " ").map(String.init), example: String(match.2))
        }
    }

    @Test("The examples are what portlog answers, and every document has one")
    func examples() async throws {
        let history = try GoldenHistory()
        var text = try Self.text()
        let chapters = Self.chapters(text)
        #expect(Set(Question.all.map(\.name)).subtracting(chapters.map { $0.command[0] }).isEmpty)
        for chapter in chapters {
            let answer = await Asked(chapter.command, of: history)
            // A verdict is an exit code.
            #expect(answer.code == 0 || (chapter.command[0] == "explain" && answer.code < 3))
            let found = try answer.json
            if Golden.isUpdating {
                text = text.replacingOccurrences(of: chapter.example, with: try Golden.pretty(found))
            }
            let example = Golden.isUpdating ? found : try Self.object(chapter.example)
            for difference in try Golden.differences(found, example) {
                Issue.record("\(chapter.name): \(difference)")
            }
        }
        if Golden.isUpdating { try Data(text.utf8).write(to: Self.file) }
    }

    @Test("Every field is described where it stands, or among what all documents have")
    func fields() throws {
        let text = try Self.text()
        let common = text.components(separatedBy: "\n## ").filter { !$0.contains("```json") }.joined()
        for chapter in Self.chapters(text) {
            for key in Self.keys(try Self.object(chapter.example)) {
                let isDescribed = [chapter.text, common].contains { $0.contains("`\(key)`") }
                #expect(isDescribed, "\(chapter.name): \(key)")
            }
        }
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    private static func keys(_ value: Any) -> Set<String> {
        if let object = value as? [String: Any] { return Set(object.keys).union(object.values.flatMap(keys)) }
        if let array = value as? [Any] { return Set(array.flatMap(keys)) }
        return []
    }
}
