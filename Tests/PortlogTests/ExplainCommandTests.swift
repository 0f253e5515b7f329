import Foundation
import PortModel
import Testing

@testable import portlog

/// `explain` and `doctor` about a sample of a history.
@Suite struct ExplainCommandTests {
    private static let at = ["--at", "2026-11-22T10:30:00Z"]
    private let history: GoldenHistory

    init() throws { history = try GoldenHistory() }

    private func ask(_ words: [String]) async -> Asked { await Asked(words + Self.at, of: history) }

    @Test(
        "The documents are the golden ones",
        arguments: [
            ("explain-bind", ["explain", "bind", "tcp", "0.0.0.0:40010", "--uid", "1002"], Int32(1)),
            ("explain-bind-depends", ["explain", "bind", "tcp", "0.0.0.0:80", "--reuse-port", "--uid", "0"], 2),
            ("explain-connect", ["explain", "connect", "10.0.0.5:5432"], 0),
            ("doctor", ["doctor"], 0),
        ])
    func golden(name: String, words: [String], code: Int32) async throws {
        let json = await ask(words + ["-o", "json"])
        #expect(json.code == code, "\(json.errors)")
        try Golden.expect(json: json.output, is: name)
        try Golden.expect(text: await ask(words + ["-o", "csv"]).output, is: name + ".csv")
        let text = await ask(words)
        #expect(!text.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        try Golden.expect(text: text.output, is: name + ".txt")
    }

    @Test(
        "Exit codes follow the verdict, and what is wrong with the question is 64",
        arguments: [
            (["bind", "tcp", "10.0.0.1:8081", "--uid", "1000"], Int32(0)), (["bind", "tcp", "10.0.0.77:8081"], 2),
            (["bind", "tcp", "0.0.0.0:443", "--uid", "1"], 1),
            (["bind", "udp", "0.0.0.0:53", "--reuse-address", "--uid", "0"], 0),
            (["bind", "udp", "0.0.0.0:53", "--reuse-port", "--uid", "104"], 1), (["connect", "10.0.0.5:5432"], 0),
            (["bind", "tcp", "0.0.0.0"], 64), (["bind", "sctp", "0.0.0.0:1"], 64), (["bind", "tcp", "::1:80"], 64),
            (["bind", "tcp", "0.0.0.0:65536"], 64), (["bind", "tcp", "*:80", "--ipv6-only"], 64),
            (["bind", "tcp", "0.0.0.0:80", "--protocol", "udp"], 64), (["connect", "*:80"], 64),
            (["connect", "224.0.0.1:80"], 64), (["connect", "[ff02::1]:80"], 64),
            (["connect", "255.255.255.255:80"], 64),
            (["connect", "10.0.0.5:0"], 64), (["connect", "10.0.0.5:1", "--from", "x"], 64),
            (["connect", "10.0.0.5:1", "--from", "224.0.0.1"], 64), (["connect", "[::1]:1", "--from", "ff02::1"], 64),
            (["connect", "10.0.0.5:1", "--from", "255.255.255.255"], 64),
            (["connect", "10.0.0.5:1", "--from", "::1"], 64), (["connect", "10.0.0.5:1", "--protocol", "udp"], 64),
            (["bind", "tcp", "0.0.0.0:80", "--inspect"], 64), (["bind", "tcp", "0.0.0.0:80", "--since", "-1h"], 64),
            (["bind", "tcp", "0.0.0.0:80", "--namespace", "nowhere"], 66),
        ] as [([String], Int32)])
    func codes(words: [String], code: Int32) async {
        let asked = await ask(["explain"] + words)
        #expect(asked.code == code, "\(asked.output) \(asked.errors)")
    }

    @Test("Of a later moment it is told which sample answers")
    func laterMoment() async throws {
        let later = ["--at", "2027-01-01T00:00:00Z"]
        for words in [["explain", "bind", "tcp", "0.0.0.0:80", "--uid", "0"], ["doctor"]] {
            let text = await Asked(words + later, of: history).output
            #expect(text.contains("t 2027-01-01 00:00:00 UTC (sample 12 of 2026-11-22 10:30:00)"), "\(text)")
            let json = try await Asked(words + later + ["-o", "json"], of: history).json
            #expect(json["at"] as? String == "2027-01-01T00:00:00.000Z")
            let sample = try #require(json["sample"] as? [String: Any])
            #expect(sample["number"] as? Int == 12 && sample["taken_at"] as? String == "2026-11-22T10:30:00.000Z")
        }
    }

    @Test("A hostile name is escaped in a sentence as it is in a table, and several programs listen")
    func names() async throws {
        let text = await ask(["explain", "bind", "tcp", "0.0.0.0:9000", "--uid", "0"]).output
            .replacing(/\n +/, with: " ").replacing("\n", with: " ")
        #expect(
            text.contains(
                "=x\\x1b[2J\\n;\",\\u{202e} (pid 666, 4c01db0b339c) and shop (pid 200, shop.service) listen on"))
        #expect(text.contains("=x\\x1b[2J\\n;\",\\u{202e}/666") && !text.contains("u{1b}"), "\(text)")
    }

    @Test("Before the first sample there is nothing to explain")
    func noSample() async {
        let words = ["explain", "bind", "tcp", "0.0.0.0:80", "--at", "2026-11-20T00:00:00Z"]
        #expect(await Asked(words, of: history).code == 66)
    }
}
