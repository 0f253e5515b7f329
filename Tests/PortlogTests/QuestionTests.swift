import Foundation
import PortHistory
import PortModel
import Testing

@testable import portlog

/// A command that answers from a history: how it is asked, and where its main list is.
struct Question: Sendable, CustomTestStringConvertible {
    var name: String
    var arguments: [String] = []
    var list: String
    /// An object of the main list in the fields of the contract, in its order.
    var fields: String

    var testDescription: String { name }
    var words: [String] { [name] + arguments }

    private static let socket =
        "namespace protocol family state local_address local_port remote_address remote_port uid inode owners "
        + "attribution first_seen last_seen "

    static let all = [
        Question(name: "status", list: "totals", fields: "namespace protocol family state count"),
        Question(name: "sockets", list: "sockets", fields: socket),
        Question(name: "listeners", list: "listeners", fields: socket + "port_class sharing"),
        Question(name: "who", arguments: ["443"], list: "holders", fields: socket + "role from to"),
        Question(
            name: "time-wait", list: "groups",
            fields: "namespace role local_address local_port remote_address remote_port owners attribution now peak "
                + "peak_at"),
        Question(
            name: "ephemeral", list: "destinations",
            fields: "namespace protocol family local_address remote_address remote_port owners capacity used reusable "
                + "free utilization certain slow_connect peak_used peak_utilization peak_at ports_per_minute exhausted_at"
        ),
        Question(
            name: "conflicts", list: "conflicts",
            fields: "kind severity namespace protocol address port parties first_seen last_seen occurrences "
                + "explanation remedies"),
        Question(
            name: "alerts", list: "alerts",
            fields: "id rule severity subject_namespace subject_protocol subject_local_address subject_remote_address "
                + "subject_remote_port opened_at resolved_at peak_value message"),
    ]
}

@Suite struct QuestionTests {
    private let history: GoldenHistory

    init() throws { history = try GoldenHistory() }

    private func ask(_ words: String...) async -> Asked { await Asked(words, of: history) }

    @Test("The documents are the golden ones", arguments: Question.all)
    func golden(question: Question) async throws {
        let json = await Asked(question.words + ["-o", "json"], of: history)
        #expect(json.code == 0 && json.errors == "")
        try Golden.expect(json: json.output, is: question.name)
        let csv = await Asked(question.words + ["-o", "csv"], of: history)
        try Golden.expect(text: csv.output, is: question.name + ".csv")
        try Golden.expect(text: await Asked(question.words, of: history).output, is: question.name + ".txt")
    }

    @Test("The CSV header is the flattened JSON of an entry, in the order of the contract", arguments: Question.all)
    func header(question: Question) async throws {
        let document = try await Asked(question.words + ["-o", "json"], of: history).json
        let entries = try #require(document[question.list] as? [[String: Any]])
        #expect(!entries.isEmpty)
        let csv = try #require(readCSV(await Asked(question.words + ["-o", "csv"], of: history).output))
        #expect(csv.count == entries.count + 1)
        let header = try #require(csv.first)
        // What an alert is about has fields of its own for each kind.
        for entry in entries where question.name != "alerts" {
            #expect(Self.flattened(entry).sorted() == header.sorted())
        }
        let fields = question.fields.split(separator: " ").map(String.init)
        #expect(header.filter(fields.contains) == fields)
    }

    /// The keys of an object, those of a nested object behind its own.
    private static func flattened(_ object: [String: Any]) -> [String] {
        object.flatMap { key, value in
            (value as? [String: Any]).map { flattened($0).map { "\(key)_\($0)" } } ?? [key]
        }
    }

    @Test("No format lets a control character of a process's name through", arguments: Question.all)
    func escaped(question: Question) async {
        for format in ["table", "json", "csv"] {
            let output = await Asked(question.words + ["-o", format], of: history).output
            #expect(
                output.unicodeScalars.allSatisfy { "\r\n".unicodeScalars.contains($0) || !TextEscape.isHarmful($0) })
            #expect(format != "table" || !output.contains("\r"))
        }
    }

    @Test("Every list obeys --limit and counts what it leaves out", arguments: Question.all)
    func limit(question: Question) async throws {
        let all = try await Asked(question.words + ["-o", "json"], of: history).json
        let one = try await Asked(question.words + ["-o", "json", "--limit", "1"], of: history).json
        let count = try #require((all[question.list] as? [Any])?.count)
        #expect(all["omitted"] as? Int == 0)
        #expect((one[question.list] as? [Any])?.count == 1 && one["omitted"] as? Int == count - 1)
        let table = await Asked(question.words + ["--limit", "1"], of: history).output
        #expect(table.hasSuffix("\(count - 1) more not shown; --limit 0 shows all.\n") == (count > 1))
    }

    @Test("A filter without a match is an answer that says so", arguments: Question.all)
    func empty(question: Question) async throws {
        let table = await Asked(question.words + ["--namespace", "nowhere"], of: history)
        #expect(table.code == 0)
        #expect(
            table.errors
                == "portlog: note: this history knows no namespace 'nowhere'; it knows: host, ab12ab12ab12.\n")
        #expect(table.output.contains(/\n(No|Nobody) [^\n]*\.\n/), "\(table.output)")
        let json = try await Asked(question.words + ["--namespace", "nowhere", "-o", "json"], of: history).json
        #expect((json[question.list] as? [Any])?.isEmpty == true)
        let csv = await Asked(question.words + ["--namespace", "nowhere", "-o", "csv"], of: history).output
        #expect(csv.split(whereSeparator: \.isNewline).count == 1)
    }

    @Test("A namespace that the history knows needs no note, also where the answer is empty", arguments: Question.all)
    func knownNamespace(question: Question) async {
        for name in ["host", "ab12ab12ab12"] {
            let asked = await Asked(question.words + ["--namespace", name], of: history)
            #expect(asked.code == 0 && asked.errors == "")
        }
        let hostile = await Asked(question.words + ["--namespace", "\u{1b}[2J"], of: history)
        #expect(hostile.code == 0 && hostile.errors.contains("namespace '\\x1b[2J'"))
    }

    @Test("The namespace has a column only where there are several", arguments: Question.all)
    func namespaces(question: Question) async throws {
        let own = await Asked(question.words + ["--namespace", "host"], of: history).output
        #expect(!own.contains("NAMESPACE"))
        guard ["status", "sockets", "listeners"].contains(question.name) else { return }
        #expect(await Asked(question.words, of: history).output.contains("NAMESPACE"))
    }

    @Test(
        "Every command has help that says what it answers",
        arguments: Question.all.map(\.name) + ["record", "export", "database"])
    func help(name: String) async {
        let test = TestWorld()
        #expect(await CommandRunner(root: Portlog.self, world: test.world).run([name, "--help"]) == 0)
        #expect(test.output.text.contains("USAGE: portlog \(name)") && test.errors.text == "")
        #expect(test.output.text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE") })
        let root = TestWorld()
        #expect(await CommandRunner(root: Portlog.self, world: root.world).run(["--help"]) == 0)
        #expect(root.output.text.contains("  \(name) "))
    }

    // MARK: - Exit codes

    @Test(
        "A question that makes no sense is 64",
        arguments: [
            ["who"], ["who", "0"], ["who", "65536"], ["who", "-1"], ["who", "http"], ["who", "80", "81"],
            ["status", "--since", "-1h"], ["sockets", "--until", "now"],
            ["listeners", "--at", "now", "--since", "-1h"],
            ["time-wait", "--at", "now", "--since", "-1h"], ["ephemeral", "--since", "now", "--until", "-1h"],
            ["conflicts", "--limit", "-1"], ["sockets", "--protocol", "icmp"], ["status", "-o", "xml"],
            ["who", "80", "--at", "soon"],
        ])
    func usage(words: [String]) async {
        let asked = await Asked(words, of: history)
        #expect(asked.code == 64 && asked.output == "" && asked.errors.hasPrefix("portlog: wrong usage: "))
    }

    @Test("No database and no sample there is 66", arguments: Question.all)
    func noInput(question: Question) async throws {
        #expect(await Asked(question.words, of: history.path + "-none").code == 66)
        let early = await Asked(question.words + ["--at", "2020-01-01"], of: history)
        #expect(early.code == 66 && early.output == "" && early.errors.contains("2026-11-22T10:28:10.000Z"))
        let empty = try GoldenHistory(samples: 0)
        let none = await Asked(question.words, of: empty)
        #expect(none.code == 66 && none.errors.contains("no sample yet"))
    }

    @Test("A file that is not portlog's, of another schema or damaged is 69, and stays", arguments: Question.all)
    func unavailable(question: Question) async throws {
        let files = [
            try history.file("text", Data("no database, but longer than a header of SQLite. ".utf8) + Data(count: 200)),
            // PRAGMA user_version, of the file format's header.
            try history.copy("schema.db") { $0[63] = 99 },
            // Every page but the first.
            try history.copy("damaged.db") { $0.resetBytes(in: 4096..<$0.count) },
        ]
        for file in files {
            let before = try Data(contentsOf: URL(fileURLWithPath: file))
            let asked = await Asked(question.words, of: file)
            #expect(asked.code == 69 && asked.output == "", "\(file): \(asked.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        }
    }

    // MARK: - The age of an answer

    @Test("An answer that is older than what was asked for says so, by one rule for all", arguments: Question.all)
    func stale(question: Question) async {
        func errors(_ words: [String], minutes: Int64) async -> String {
            await Asked(question.words + words, of: history.path, now: TestWorld.now + minutes * 60_000).errors
        }
        #expect(await errors([], minutes: 0) == "")
        #expect(await errors([], minutes: -60) == "")
        #expect(await errors(["--at", "@1795343410"], minutes: 60) == "")
        let note = await errors([], minutes: 60)
        #expect(note.hasPrefix("portlog: note: the newest sample is 1h old") && note.hasSuffix("?\n"))
        #expect(await errors(["--at", "now"], minutes: 50).contains("50m old"))
        #expect(await errors(["--at", "10:29:45"], minutes: 60) == "")
    }

    @Test("A gap in the history is told where it is asked about")
    func gap() async throws {
        let tomorrow = TestWorld.now + 86_400_000
        let asked = await Asked(["sockets", "--at", "2026-11-22 10:40"], of: history.path, now: tomorrow)
        #expect(asked.errors.contains("the newest sample is 1d old"))
        #expect(asked.output.contains("at 2026-11-22 10:40:00 UTC (sample 12 of 2026-11-22 10:30:00)"))
    }

    @Test("A moment that has not come yet is answered by the newest sample, and that is said")
    func future() async throws {
        let asked = await Asked(["sockets", "--at", "+1h"], of: history.path)
        #expect(asked.code == 0 && asked.errors.contains("11:30:00.000Z has not come yet: the newest sample answers"))
    }

    // MARK: - Single commands

    @Test("The subject of an alert has the fields of its kind")
    func subjects() async throws {
        let alerts = try #require(try await ask("alerts", "-o", "json").json["alerts"] as? [[String: Any]])
        var subjects: [String: Set<String>] = [:]
        for alert in alerts {
            let subject = try #require(alert["subject"] as? [String: Any])
            subjects[alert["rule"] as? String ?? ""] = Set(subject.keys)
        }
        let listener: Set = ["namespace", "protocol", "local_address", "local_port"]
        #expect(
            subjects == [
                "ephemeral_exhaustion": [
                    "namespace", "protocol", "local_address", "remote_address", "remote_port",
                ], "listen_conflict": listener, "listener_gone": listener, "close_wait_leak": ["owner"],
                "ephemeral_pool": ["namespace", "protocol"], "recorder": ["part"],
            ])
        #expect(alerts.map { $0["severity"] as? String }.first == "critical")
    }

    @Test("status says how many alerts did not begin because too many lasted")
    func suppressedAlerts() async throws {
        let golden = try GoldenHistory()
        let copy = try golden.copy("copy.db") { _ in }
        #expect(await !Asked(["status"], of: copy).output.contains("not begun"))
        let writer = try HistoryWriter(path: copy, host: "web1.example.org", bootID: "boot")
        try writer.noteAlerts(delivered: 1, failed: 0, dropped: 0, suppressed: 7)
        writer.close()
        let table = await Asked(["status"], of: copy).output
        #expect(table.contains("5 open: portlog alerts --active, 7 more not begun because too many lasted"))
        let alerts = try await Asked(["status", "-o", "json"], of: copy).json["alerts"] as? [String: Int]
        #expect(alerts?["suppressed"] == 7 && alerts?["delivered"] == 1)
    }

    @Test("alerts of a period, and those that last at its end")
    func activeAlerts() async throws {
        func rules(_ words: String...) async throws -> Set<String> {
            let asked = await Asked(["alerts", "-o", "json"] + words, of: history)
            return Set((try asked.json["alerts"] as? [[String: Any]] ?? []).compactMap { $0["rule"] as? String })
        }
        #expect(try await rules().count == 6)
        #expect(try await rules("--active") == rules().subtracting(["listener_gone"]))
        #expect(try await rules("--until", "10:29:00", "--active").contains("listener_gone"))
        #expect(try await rules("--until", "10:28:25") == ["listen_conflict"])
        #expect(try await rules("--since", "10:29:45").contains("listener_gone") == false)
        #expect(try await rules("--protocol", "udp") == ["ephemeral_pool"])
        #expect(try await rules("--namespace", "ab12ab12ab12") == ["ephemeral_pool"])
    }

    @Test("sockets shows all without a limit, and any moment")
    func sockets() async throws {
        let now = try await ask("sockets", "-o", "json").json
        let then = try await ask("sockets", "-o", "json", "--at", "10:28:15").json
        #expect((now["sample"] as? [String: Any])?["number"] as? Int == 12)
        #expect((then["sample"] as? [String: Any])?["number"] as? Int == 1)
        #expect(then["at"] as? String == "2026-11-22T10:28:15.000Z")
        #expect((then["sockets"] as? [Any])?.count == 19)
        let udp = try await ask("sockets", "-o", "json", "--protocol", "udp").json
        #expect((udp["sockets"] as? [Any])?.count == 3)
    }

    @Test("status tells whether a recorder holds the database")
    func recording() async throws {
        #expect(try await ask("status", "-o", "json").json["recording"] as? Bool == true)
        let copy = try history.copy("copy.db") { _ in }
        #expect(try await Asked(["status", "-o", "json"], of: copy).json["recording"] as? Bool == false)
    }

    @Test("status of an idle host does not speak of a kind that nobody asked for")
    func idle() async throws {
        let idle = try GoldenHistory(samples: 2, isIdle: true)
        let asked = await Asked(["status"], of: idle.path, now: GoldenHistory.time(2))
        #expect(asked.code == 0 && asked.errors == "")
        #expect(asked.output.hasSuffix("\nNo TCP or UDP sockets at this time.\n"), "\(asked.output)")
        let filtered = await ask("status", "--namespace", "ab12ab12ab12", "--protocol", "udp")
        #expect(filtered.output.hasSuffix("\nNo sockets of that kind at this time.\n"), "\(filtered.output)")
    }

    @Test("Explanations are wrapped, remedies are not")
    func conflicts() async {
        let lines = await Asked(["conflicts"], of: history.path, terminal: Terminal(columns: 72)).output
            .split(separator: "\n")
        let explanations = lines.filter { $0.hasPrefix("  ") && !$0.hasPrefix("    ") }
        #expect(explanations.count > 8 && explanations.allSatisfy { $0.count <= 72 })
        #expect(lines.contains { $0.hasPrefix("    → sysctl -w net.ipv4.ip_local_reserved_ports=") })
    }
}
