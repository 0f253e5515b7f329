import Foundation
import PortModel
import Testing

@testable import portlog

/// `portlog check`: the monitoring plugins' guidelines, line by line, and every exit code.
@Suite struct CheckTests {
    private let history: GoldenHistory

    init() throws { history = try GoldenHistory() }

    private func check(_ words: String...) async -> Asked { await Asked(["check"] + words, of: history.path) }

    // MARK: - Ranges

    /// The examples of the guidelines, and values inside and outside.
    @Test(
        "A range is alarming where the guidelines say",
        arguments: [
            ("10", [-1, 10.1, 11], [0, 5, 10]), ("10:", [9.9, -1], [10, 1000]), ("~:10", [10.5, 11], [-1000, 0, 10]),
            ("10:20", [9, 21, -5], [10, 15, 20]), ("@10:20", [10, 15, 20], [9.9, 20.1]), ("0:", [-0.1], [0, 1]),
            ("@10", [0, 10], [-1, 11]), (":5", [-1, 6], [0, 5]), ("-5:5", [-6, 6], [-5, 0, 5]), ("~:", [], [-9, 9]),
            ("1.5:2.5", [1.4, 2.6], [1.5, 2.5]),
        ] as [(String, [Double], [Double])])
    func ranges(text: String, alarming: [Double], fine: [Double]) throws {
        let range = try CheckRange(parsing: text)
        for value in alarming { #expect(range.isAlarming(value), "\(value)") }
        for value in fine { #expect(!range.isAlarming(value), "\(value)") }
    }

    @Test(
        "What is no range is refused",
        arguments: ["", ":", "a", "1:2:3", "20:10", "1,5", "@", "~", "1e3", "inf", "5:~"])
    func noRange(text: String) {
        if text == ":" { return }
        #expect(throws: ValueError.self) { try CheckRange(parsing: text) }
    }

    // MARK: - The line

    /// `SERVICE STATUS - text | 'label'=value[UOM];[warn];[crit];[min];[max] …` on one line.
    private static func figures(_ line: String) throws -> [String: (value: String, rest: [String])] {
        let match = try #require(
            line.wholeMatch(of: /([A-Z-]+) (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+)( \| (?<data>[^|\n]+))?\n/),
            "\(line)")
        var figures: [String: (value: String, rest: [String])] = [:]
        var rest = (match.output.data ?? "")[...]
        while !rest.isEmpty {
            let figure = try #require(
                rest.prefixMatch(of: /'((?:[^'=]|'')+)'=(-?[0-9.]+|U)(%|s|B|c)?((?:;[^; ]*){0,4})( |$)/), "\(rest)")
            let fields = figure.4.split(separator: ";", omittingEmptySubsequences: false).dropFirst().map(String.init)
            figures[String(figure.1)] = (String(figure.2) + String(figure.3 ?? ""), fields)
            rest = rest[figure.range.upperBound...]
        }
        return figures
    }

    @Test(
        "Every check writes one line that a monitoring system can read",
        arguments: ["ephemeral", "time-wait", "conflicts", "recorder"])
    func grammar(name: String) async throws {
        let asked = await check(name)
        #expect(asked.errors == "")
        let figures = try Self.figures(asked.output)
        #expect(!figures.isEmpty && asked.output.hasPrefix(name.uppercased() + " "))
        for (label, figure) in figures {
            #expect(Double(figure.value.filter { "-.0123456789".contains($0) }) != nil, "\(label)")
            for range in figure.rest.prefix(2) where !range.isEmpty { _ = try CheckRange(parsing: range) }
        }
    }

    @Test("A label keeps quotes, and nothing in it ends the line")
    func label() throws {
        let metric = CheckFigure.Metric(name: "x", help: "x")
        let figure = CheckFigure(label: "it's = | \n", value: 1.005, unit: "%", minimum: 0, metric: metric)
        #expect(
            figure.performanceData == "'it''s _ _ \\n'=1%;;;0" || figure.performanceData == "'it''s _ _ \\n'=1.01%;;;0")
        let result = CheckResult(service: "X", status: .ok, text: "a | b\nc", figures: [])
        #expect(result.pluginLine == "X OK - a / b\\nc\n")
    }

    // MARK: - States

    @Test("OK, WARNING and CRITICAL follow from the thresholds")
    func states() async throws {
        func state(_ words: String...) async -> Int32 { await Asked(["check"] + words, of: history.path).code }
        for name in ["ephemeral", "time-wait", "recorder"] {
            #expect(await state(name, "-w", "~:", "-c", "~:") == 0, "\(name)")
            #expect(await state(name, "--warning", "@0:100", "--critical", "~:") == 1, "\(name)")
            #expect(await state(name, "--warning", "~:", "--critical=@0:100") == 2, "\(name)")
        }
        // One of each: the port of the api is stolen, and strangers share one.
        #expect(await state("conflicts") == 2)
        #expect(await state("conflicts", "-c", "5") == 1)
        #expect(await state("conflicts", "-w", "9", "-c", "5") == 0)
        #expect(await state("conflicts", "--namespace", "ab12ab12ab12") == 0)
        #expect(
            await check("ephemeral").output.hasPrefix(
                "EPHEMERAL OK - 24.0 % of the ports from 10.0.0.1 to 10.0.0.5:5432")
        )
    }

    @Test("A namespace that the history has never seen is UNKNOWN; the recorder has none")
    func namespaces() async throws {
        for name in ["ephemeral", "time-wait", "conflicts"] {
            let asked = await check(name, "--namespace", "mistyped")
            #expect(asked.code == 3 && asked.output.contains(" UNKNOWN - ") && asked.output.contains("mistyped"))
            #expect(await check(name, "--namespace", "host", "-w", "~:", "-c", "~:").code == 0)
        }
        #expect(await check("recorder", "--namespace", "host").code == 3)
    }

    @Test("A recorder that has gone is CRITICAL, and what is old is UNKNOWN")
    func stopped() async throws {
        let copy = try history.copy("copy.db") { _ in }
        let recorder = await Asked(["check", "recorder"], of: copy)
        #expect(recorder.code == 2 && recorder.output.hasPrefix("RECORDER CRITICAL - no recorder is running; "))
        let old = await Asked(["check", "ephemeral"], of: copy, now: TestWorld.now + 3_600_000)
        #expect(old.code == 3 && old.output.contains("no recorder is running, the newest sample is 1h old"))
        let soon = await Asked(["check", "ephemeral"], of: copy, now: TestWorld.now + 40_000)
        #expect(soon.code == 3, "\(soon.output)")
    }

    @Test("Everything that goes wrong is UNKNOWN, on standard output as well")
    func unknown() async throws {
        let none = await Asked(["check", "ephemeral"], of: history.path + "-none")
        #expect(none.code == 3 && none.output.hasPrefix("EPHEMERAL UNKNOWN - ") && none.errors.hasPrefix("portlog: "))
        let text = try history.file(
            "text", Data("no database, but longer than a header of SQLite. ".utf8) + Data(count: 200))
        #expect(await Asked(["check", "recorder"], of: text).code == 3)
        let empty = try GoldenHistory(samples: 0)
        #expect(await Asked(["check", "time-wait"], of: empty.path).code == 3)
        for words in [
            ["ephemeral", "-w", "x"], ["ephemeral", "--bogus"], ["bogus"], [], ["recorder", "--top", "101"],
        ] {
            let asked = await Asked(["check"] + words, of: history.path)
            #expect(asked.code == 3 && asked.errors.hasPrefix("portlog: wrong usage: "), "\(words)")
            #expect(asked.output.contains(" UNKNOWN - wrong usage: ") && asked.output.count { $0 == "\n" } == 1)
        }
        let metrics = await check("ephemeral", "-o", "openmetrics", "--top", "500")
        #expect(metrics.code == 3 && metrics.output.hasPrefix("# HELP ") && metrics.output.hasSuffix("# EOF\n"))
        #expect(await Asked(["check", "ephemeral", "--help"], of: history.path).code == 0)
    }

    // MARK: - OpenMetrics

    @Test(
        "The exposition has a type for every family, escaped labels and an end",
        arguments: ["ephemeral", "time-wait", "conflicts", "recorder"])
    func openMetrics(name: String) async throws {
        let asked = await check(name, "--output", "openmetrics", "--warning", "@0:100000")
        #expect(asked.code == 0 && asked.output.hasSuffix("\n# EOF\n"))
        var family = ""
        var seen: Set<String> = []
        for line in asked.output.split(separator: "\n").dropLast() {
            if let help = line.wholeMatch(of: /# HELP (portlog_[a-z_]+) .+/) {
                family = String(help.1)
                #expect(seen.insert(family).inserted, "\(family) twice")
            } else if let type = line.wholeMatch(of: /# TYPE (portlog_[a-z_]+) gauge/) {
                #expect(type.1 == family)
            } else {
                let sample = try #require(
                    line.wholeMatch(of: /(portlog_[a-z_]+)(\{([a-z_]+="(?:[^"\\]|\\.)*",?)+\})? -?[0-9.e+-]+/),
                    "\(line)")
                #expect(sample.1 == family)
            }
        }
        #expect(asked.output.contains("portlog_check_status{check=\"\(name)\"} "))
    }

    @Test("Each conflict counts once, by its severity; missed samples are no counter, since the history forgets")
    func counted() async throws {
        let asked = await check("conflicts", "-o", "openmetrics").output
        for (severity, count) in [("warning", 2), ("critical", 1)] {
            #expect(asked.contains("\nportlog_listen_conflicts{severity=\"\(severity)\"} \(count)\n"), "\(asked)")
        }
        #expect(await check("conflicts").output.contains("'conflicts'=3;"))
        let recorder = await check("recorder").output
        #expect(recorder.contains(/'missed'=\d+;;;0/), "\(recorder)")
    }

    @Test("Only the maximum and the top few destinations have figures")
    func top() async throws {
        let one = await check("ephemeral", "--top", "1", "-o", "openmetrics").output
        #expect(one.split(separator: "\n").count { $0.hasPrefix("portlog_ephemeral_utilization_ratio{") } == 1)
        let none = await check("ephemeral", "--top", "0").output
        #expect(try Self.figures(none).count == 1)
    }

    @Test("A label's value is escaped")
    func escaped() {
        #expect(CheckResult.escaped("a\"b\\c\nd\u{1b}") == "a\\\"b\\\\c\\nd\\\\x1b")
    }
}
