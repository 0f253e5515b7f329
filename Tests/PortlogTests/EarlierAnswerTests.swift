import Foundation
import PortHistory
import PortModel
import TestSupport
import Testing

@testable import portlog

/// A history of an earlier schema: refused by questions until a recorder has brought it up to date, and then answered from as before.
struct EarlierAnswerTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("portlog.db")
    }

    @Test(
        "What the last portlog of a schema answered, this one answers from the same history",
        arguments: EarlierHistory.schemas)
    func answers(schema: Int) async throws {
        try EarlierHistory.make(at: path, schema: schema)
        try HistoryWriter(path: path, host: EarlierHistory.host, bootID: EarlierHistory.bootID).close()
        let all = try #require(
            try JSONSerialization.jsonObject(with: EarlierHistory.answers(schema: schema)) as? [[String: Any]])
        #expect(all.count > 5)
        for pair in all {
            let words = try #require(pair["arguments"] as? [String])
            let asked = await Asked(words + ["-o", "json"], of: path)
            #expect(asked.code == 0, "\(words): \(asked.errors)")
            let answer = try Self.lines(of: try asked.json)
            let expected = try Self.lines(of: try #require(pair["answer"] as? [String: Any]))
            #expect(answer == expected, "\(words)")
        }
    }

    /// A document, but for the points of its chart, which are chosen otherwise than they were, and for what has been added since.
    private static func lines(of document: [String: Any]) throws -> [String] {
        var document = document
        document["series"] = nil
        document["workers"] = nil
        if let listeners = document["listeners"] as? [[String: Any]] {
            document["listeners"] = listeners.map { $0.filter { $0.key != "workers" } }
        }
        let data = try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .prettyPrinted])
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("A history of another schema is 69, says what to do, and no byte of it changes", arguments: [1, 2, 3, 5])
    func otherSchema(schema: Int) async throws {
        try EarlierHistory.make(at: path, more: "PRAGMA user_version = \(schema)")
        let file = URL(fileURLWithPath: path)
        let before = try Data(contentsOf: file)
        for question in Question.all {
            let asked = await Asked(question.words, of: path)
            #expect(asked.code == 69 && asked.output == "", "\(question)")
            #expect(asked.errors.contains("it has schema \(schema), and this portlog reads schema 4"), "\(question)")
            #expect(asked.errors.contains(schema < 4 ? "'portlog record' run once" : "Use the newer portlog"))
            #expect(try Data(contentsOf: file) == before, "\(question)")
        }
    }
}
