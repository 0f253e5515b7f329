import Foundation
import PortModel
import Testing

@testable import portlog

@Suite struct JSONDocumentTests {
    private func written(_ report: SampleReport, pieceLength: Int = 64) throws -> String {
        let capture = Capture()
        try JSONDocument(pieceLength: pieceLength).write(report, to: capture.writer)
        return capture.text
    }

    @Test("A document in pieces is what encoding it at once gives", arguments: [0, 1, 2, 63, 64, 65, 128, 500, 3000])
    func pieces(count: Int) throws {
        let report = SampleReport.random(count, seed: UInt64(count))
        let whole = String(decoding: try JSONDocument.encoder().encode(report), as: UTF8.self)
        #expect(try written(report) == JSONDocument.harmless(whole) + "\n")
        #expect(try written(report, pieceLength: 1) == written(report, pieceLength: 1000))
    }

    @Test("Nothing known is null, and keys are sorted")
    func nulls() throws {
        let row = SampleReport.Row(
            name: "a/b", localPort: 1, remotePort: nil, owners: [.init(pid: 1, command: "x", unit: nil)], share: 1,
            at: TestWorld.now)
        #expect(
            try written(SampleReport(rows: [row]))
                == #"{"command":"sample","inner":{"rows":[]},"note":"\"rows\":[]","omitted":0,"#
                + #""rows":[{"at":"2026-11-22T10:30:00.000Z","local_port":1,"name":"a/b","#
                + #""owners":[{"command":"x","pid":1,"unit":null}],"remote_port":null,"share":1}],"since":null}"#
                + "\n")
    }

    @Test("No character of a name reaches the terminal as a command, and every reader gets the name")
    func harmless() throws {
        let name = "x\u{1b}[31m\u{9b}2J\u{202e}\u{7f}\u{200b}\u{e0041}漢\"\\"
        let row = SampleReport.Row(name: name, localPort: 1, owners: [], share: 0, at: TestWorld.now)
        let text = try written(SampleReport(rows: [row]))
        #expect(text.dropLast().unicodeScalars.allSatisfy { !TextEscape.isHarmful($0) })
        #expect(text.contains("漢"))
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let rows = object?["rows"] as? [[String: Any]]
        #expect(rows?.first?["name"] as? String == name)
    }

    @Test("The place of the list is found at the top level only")
    func gap() {
        func gap(_ json: String) -> Int? { JSONShell.gap(ofList: "l", in: Array(json.utf8)) }
        #expect(gap(#"{"l":[]}"#) == 6)
        #expect(gap(#"{"a":{"l":[]},"b":"\"l\":[]","l":[]}"#) == 34)
        #expect(gap(#"{"a":{"l":[]}}"#) == nil)
        #expect(gap(#"{"l":[1]}"#) == nil)
        #expect(gap(#"{"a":"\\","l":[]}"#) == 15)
        #expect(gap(#"{"a":"unfinished\"#) == nil)
        #expect(gap("") == nil)
    }
}
