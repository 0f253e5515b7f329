import PortModel
import TestSupport
import Testing

@testable import portlog

@Suite struct TextEscapeTests {
    @Test(
        "What is harmful becomes visible, what is printable stays",
        arguments: [
            ("nginx", "nginx"), ("", ""), ("a\\x2db", "a\\x2db"), ("\u{1b}[31m", "\\x1b[31m"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{0}\u{7f}\u{9b}", "\\x00\\x7f\\x9b"), ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"), ("\u{2028}", "\\u{2028}"), ("\u{e0041}", "\\u{e0041}"),
            ("漢字 é 😀", "漢字 é 😀"),
            ("\u{301}a", "\\u{301}a"), ("a\u{301}", "a\u{301}"), ("\u{fffd}", "\u{fffd}"), ("\u{3164}", "\\u{3164}"),
            ("\u{61c}", "\\u{61c}"),
            ("a\u{300}\u{301}\u{302}\u{303}\u{304}", "a\u{300}\u{301}\u{302}\u{303}\\u{304}"),
            ("\u{ad}", "\\xad"), ("❤\u{fe0f}", "❤\u{fe0f}"), ("\r\n", "\\r\\n"),
        ])
    func escaped(text: String, expected: String) {
        // By scalars: Swift takes canonical equivalents for equal.
        #expect(Array(TextEscape.escaped(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "Widths are columns of a terminal",
        arguments: [
            ("abc", 3), ("", 0), ("漢字", 4), ("é", 1), ("e\u{301}", 1), ("😀", 2), ("한글", 4), ("ｆｕ", 4), ("🇩🇪", 2),
            ("ß", 1), ("…", 1),
        ])
    func width(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }
}

@Suite struct TableTests {
    private func table(_ report: SampleReport, color: ColorMode = .never) throws -> String {
        let test = TestWorld()
        try Renderer(format: .table, color: color, world: test.world).render(report)
        return test.output.text
    }

    private func row(_ name: String, _ port: Int, _ peer: Int? = nil) -> SampleReport.Row {
        .init(name: name, localPort: port, remotePort: peer, owners: [], share: 0, at: TestWorld.now)
    }

    @Test("Columns are aligned, numbers to the right, and the last line counts what was left out")
    func layout() throws {
        let report = SampleReport(rows: [row("a", 5, 65_000), row("漢字", 10_000), row("", 80, 1)], omitted: 3)
        #expect(
            try table(report) == """
                sample

                NAME   PORT   PEER  AT
                a         5  65000  2026-11-22 10:30:00
                漢字  10000      -  2026-11-22 10:30:00
                -        80      1  2026-11-22 10:30:00

                total  3
                3 more not shown; --limit 0 shows all.

                """)
    }

    @Test("A table without entries says so")
    func empty() throws {
        #expect(try table(SampleReport(rows: [])) == "sample\n\nno rows\n\ntotal  0\n")
    }

    @Test("A name with escape sequences changes nothing but its own cell")
    func hostileNames() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let hostile = "n" + random.nastyText(upTo: 20)
            let text = try table(SampleReport(rows: [row("first", 1), row(hostile, 2), row("last", 3)]))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 9)
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !TextEscape.isHarmful($0) })
            // All other cells begin in the column where they begin without it.
            let width = max(5, DisplayWidth.of(TextEscape.escaped(hostile)))
            for (line, name) in zip(lines[3...5], ["first", TextEscape.escaped(hostile), "last"]) {
                let padding = String(repeating: " ", count: width - DisplayWidth.of(name))
                #expect(line.hasPrefix(name + padding + "     "), "\(line)")
                #expect(line.hasSuffix("     -  2026-11-22 10:30:00"))
            }
        }
    }

    @Test("Colour is for the header and for what matters, and only when asked for")
    func color() throws {
        let black = try table(SampleReport(rows: [row("a", 1)]))
        #expect(!black.contains("\u{1b}"))
        let colored = try table(SampleReport(rows: [row("a\u{1b}[5m", 1)]), color: .always)
        #expect(colored.contains("\u{1b}[1mNAME\u{1b}[0m"))
        #expect(!colored.contains("\u{1b}[5m"))
        let plain = colored.split(separator: "\u{1b}").map { $0.drop { $0 != "m" }.dropFirst() }
        #expect(!plain.isEmpty)
        #expect(Style(isOn: true).apply(.critical, to: "x") == "\u{1b}[1;31mx\u{1b}[0m")
        #expect(Style(isOn: false).apply(.critical, to: "x") == "x")
    }
}

@Suite struct HumanFormatTests {
    @Test("Bytes, durations and shares read well, also the absurd ones")
    func formats() {
        let bytes: [(Int64, String)] = [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (30 << 20, "30.0 MiB"),
            (1_048_575, "1.0 MiB"),
            (500 << 20, "500 MiB"), (.max, "8.0 EiB"), (.min, "-8.0 EiB"), (-1024, "-1.0 KiB"),
        ]
        for (value, text) in bytes { #expect(HumanFormat.bytes(value) == text) }
        let durations: [(Int64, String)] = [
            (0, "0 ms"), (250, "250 ms"), (3210, "3.2 s"), (9999, "9.9 s"), (10_000, "10s"), (200_000, "3m 20s"),
            (60_000, "1m"),
            (7_500_000, "2h 5m"), (616_000_000, "7d 3h"), (-200_000, "-3m 20s"), (.max, "106751991167d 7h"),
            (.min, "-106751991167d 7h"),
        ]
        for (value, text) in durations { #expect(HumanFormat.duration(milliseconds: value) == text) }
        let shares: [(Double, String)] = [
            (0, "0 %"), (1, "100 %"), (0.834, "83.4 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (1.5, "150.0 %"),
            (.nan, "-"),
            (.infinity, "-"), (1e300, "-"), (-0.5, "-50.0 %"),
        ]
        for (value, text) in shares { #expect(HumanFormat.percent(value) == text) }
        let numbers: [(Double, String)] = [
            (4, "4.0"), (99.94, "99.9"), (99.96, "100"), (-0.04, "0.0"), (1e300, "-"), (.nan, "-"),
        ]
        for (value, text) in numbers { #expect(HumanFormat.number(value) == text) }
    }

    @Test("Ages are told from both sides")
    func ages() {
        let page = Page(world: TestWorld().world, color: .never)
        #expect(page.age(TestWorld.now) == "now")
        #expect(page.age(TestWorld.now - 200_000) == "3m 20s ago")
        #expect(page.age(TestWorld.now + 300_000) == "in 5m")
    }
}
