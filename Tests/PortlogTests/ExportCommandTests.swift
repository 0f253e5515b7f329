import Foundation
import PortHistory
import PortModel
import PortReports
import Testing

@testable import portlog

@Suite struct ExportCommandTests {
    private let history: GoldenHistory

    init() throws { history = try GoldenHistory() }

    private func ask(_ table: ExportTable, _ words: String...) async -> Asked {
        await Asked(["export", "--table", table.rawValue] + words, of: history)
    }

    private func objects(_ lines: String) throws -> [[String: Any]] {
        try lines.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test("The rows are the golden ones", arguments: ExportTable.allCases)
    func golden(table: ExportTable) async throws {
        let csv = await ask(table)
        #expect(csv.code == 0)
        #expect(csv.errors == "")
        try Golden.expect(text: csv.output, is: "export-\(table.rawValue).csv")
        let lines = await ask(table, "-o", "jsonl")
        #expect(lines.code == 0 && lines.errors == csv.errors)
        try Golden.expect(text: lines.output, is: "export-\(table.rawValue).jsonl")
    }

    @Test("Every line of JSON is an object, and the CSV header is its flattened form", arguments: ExportTable.allCases)
    func formats(table: ExportTable) async throws {
        let objects = try objects(await ask(table, "-o", "jsonl").output)
        let csv = try #require(readCSV(await ask(table).output))
        #expect(csv.count == objects.count + 1 && !objects.isEmpty)
        let header = try #require(csv.first)
        for (object, row) in zip(objects, csv.dropFirst()) {
            #expect(row.count == header.count)
            for (name, cell) in zip(header, row) {
                let value = object[name] ?? Self.nested(name, in: object)
                // What an alert is about has fields of its own for each kind.
                let mayLack = table == .alerts && name.hasPrefix("subject_")
                #expect(value != nil || (mayLack && cell == "") || name == "subject_owner", "\(name)")
                if value is NSNull { #expect(cell == "", "\(name)") }
                if let text = value as? String { #expect(cell == TextEscape.escaped(text), "\(name)") }
            }
        }
        let fields: [ExportTable: String] = [
            .sockets: "namespace protocol family state local_address local_port remote_address remote_port uid inode "
                + "owners attribution first_seen last_seen from to"
        ]
        if let fields = fields[table] { #expect(header.joined(separator: " ") == fields) }
    }

    /// A field of a nested object by the name of its column; null where the object is.
    private static func nested(_ name: String, in object: [String: Any]) -> Any? {
        for (key, value) in object where name.hasPrefix(key + "_") {
            guard let inner = value as? [String: Any] else { return value is NSNull ? NSNull() : nil }
            if let found = inner[String(name.dropFirst(key.count + 1))] { return found }
        }
        return nil
    }

    @Test("A terrible name is no formula, breaks no line and moves no cursor")
    func hostile() async throws {
        let names = ["csv": #""'=x\x1b[2J\n\x3b"",\u{202e}/666""#, "jsonl": #""=x\u001b[2J\n;\",\u202e""#]
        for (format, name) in names {
            for table in [ExportTable.sockets, .listeners] {
                let output = await ask(table, "-o", format).output
                #expect(output.contains(name), "\(output)")
                #expect(
                    output.unicodeScalars.allSatisfy {
                        "\r\n".unicodeScalars.contains($0) || !TextEscape.isHarmful($0)
                    })
            }
        }
    }

    @Test("Every column is described in the documentation", arguments: ExportTable.allCases)
    func documentation(table: ExportTable) async throws {
        let file = Golden.package.appendingPathComponent("docs/json-output.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let chapters = text.components(separatedBy: "\n## ")
        let described = chapters.filter {
            $0.hasPrefix("export") || $0.hasPrefix("What all documents")
                || (table == .alerts && $0.hasPrefix("alerts\n"))
        }.joined()
        for column in try #require(readCSV(await ask(table).output)?.first) {
            let parts = ["used_", "time_wait_", "errors_", "subject_", "peak_"].filter(column.hasPrefix).map {
                column.dropFirst($0.count)
            }
            #expect(([column[...]] + parts).contains { described.contains("`\($0)`") }, "\(column)")
        }
    }

    @Test("The sockets at a moment are the rows that cover it")
    func moment() async throws {
        let rows = try objects(await ask(.sockets, "-o", "jsonl").output)
        for sample in [1, 6, 12] {
            let time = GoldenHistory.time(sample).rfc3339
            let standing = rows.filter { row in
                guard let from = row["from"] as? String, from <= time else { return false }
                return (row["to"] as? String).map { $0 >= time } ?? true
            }
            let asked = try await Asked(["sockets", "--at", time, "-o", "json"], of: history).json["sockets"]
            func identity(_ socket: [String: Any]) throws -> Data {
                var socket = socket
                for key in ["from", "to", "last_seen"] { socket[key] = nil }
                return try JSONSerialization.data(withJSONObject: socket, options: .sortedKeys)
            }
            let wanted = try #require(asked as? [[String: Any]])
            #expect(try Set(standing.map(identity)) == Set(wanted.map(identity)))
            #expect(standing.count == wanted.count)
        }
    }

    @Test("Filters choose, and are told where they mean nothing")
    func filters() async throws {
        let udp = try objects(await ask(.sockets, "--protocol", "udp", "-o", "jsonl").output)
        #expect(udp.count == 3 && udp.allSatisfy { $0["protocol"] as? String == "udp" })
        let pod = try objects(await ask(.listeners, "--namespace", "ab12ab12ab12", "-o", "jsonl").output)
        #expect(pod.map { $0["local_port"] as? Int } == [6379])
        let nowhere = await ask(.destinations, "--namespace", "nowhere")
        #expect(nowhere.code == 0 && nowhere.errors.contains("knows no namespace 'nowhere'"))
        #expect(readCSV(nowhere.output)?.count == 1)
        let samples = await ask(.samples, "--protocol", "tcp")
        #expect(samples.code == 0 && samples.errors.contains("whole host"))
        #expect(readCSV(samples.output)?.count == 13)
    }

    @Test(
        "A question that makes no sense is 64",
        arguments: [
            [], ["--table", "ports"], ["--table", "sockets", "-o", "json"], ["--table", "sockets", "--limit", "1"],
            ["--table", "alerts", "--since", "now", "--until", "-1h"], ["--table", "samples", "--protocol", "icmp"],
        ])
    func usage(words: [String]) async {
        let asked = await Asked(["export"] + words, of: history)
        #expect(asked.code == 64 && asked.output == "", "\(asked.errors)")
    }

    @Test("No database and no sample there is 66, another file 69", arguments: ExportTable.allCases)
    func noInput(table: ExportTable) async throws {
        let words = ["export", "--table", table.rawValue]
        #expect(await Asked(words, of: history.path + "-none").code == 66)
        let early = await Asked(words + ["--until", "2020-01-01"], of: history)
        #expect(early.code == 66 && early.output == "" && early.errors.contains("2026-11-22T10:28:10.000Z"))
        let none = try GoldenHistory(samples: 0)
        #expect(await Asked(words, of: none).code == 66)
        let text = try history.file("text", Data(count: 200))
        #expect(await Asked(words, of: text).code == 69)
        let damaged = try history.copy("damaged.db") { $0.resetBytes(in: 4096..<$0.count) }
        #expect(await Asked(words, of: damaged).code == 69)
    }

    @Test("A reader that goes away ends the export quietly")
    func closedPipe() async {
        var test = TestWorld()
        test.world.output = OutputWriter(capacity: 100) { _ in throw OutputError(code: EPIPE) }
        let words = ["export", "--table", "sockets", "--database", history.path]
        #expect(await CommandRunner(root: Portlog.self, world: test.world).run(words) == 0)
        #expect(test.errors.text == "")
    }
}
