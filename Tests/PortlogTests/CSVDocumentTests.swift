import PortModel
import TestSupport
import Testing

@testable import portlog

/// Reads RFC 4180, strictly: `nil` for anything it does not allow.
func readCSV(_ text: String) -> [[String]]? {
    var rows: [[String]] = []
    var row: [String] = []
    var rest = Array(text.unicodeScalars)[...]
    while !rest.isEmpty {
        var cell = ""
        if rest.first == "\"" {
            rest.removeFirst()
            while true {
                guard let next = rest.popFirst() else { return nil }
                if next != "\"" { cell.unicodeScalars.append(next); continue }
                guard rest.first == "\"" else { break }
                rest.removeFirst()
                cell.unicodeScalars.append("\"")
            }
        } else {
            while let next = rest.first, !",\r\n\"".unicodeScalars.contains(next) {
                cell.unicodeScalars.append(next)
                rest.removeFirst()
            }
        }
        row.append(cell)
        switch rest.popFirst() {
        case ",": if rest.isEmpty { return nil }
        case "\r":
            guard rest.popFirst() == "\n" else { return nil }
            rows.append(row)
            row = []
        default: return nil
        }
    }
    return row.isEmpty ? rows : nil
}

@Suite struct CSVDocumentTests {
    @Test("A tab stays as it is, other control characters are shown")
    func tabs() {
        #expect(CSVValue.text("a\tb\u{1b}[m\nc").cell == "a\tb\\x1b[m\\nc")
        #expect(CSVValue.text("\ta").cell == "'\ta")
        #expect(CSVValue.list(["a\tb", "c\u{7f}"]).cell == "a\tb;c\\x7f")
    }

    @Test("Any text comes through, escaped and guarded, and no row loses a cell")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 11)
        let rows = (0..<3000).map { _ in [random.nastyText(), random.nastyText()] }
        let capture = Capture()
        try CSVDocument().write(rows, [CSVColumn("a") { $0[0] }, CSVColumn("b") { $0[1] }], to: capture.writer)
        let read = try #require(readCSV(capture.text))
        #expect(read.count == rows.count + 1)
        #expect(read.first == ["a", "b"])
        for (row, cells) in zip(rows, read.dropFirst()) {
            #expect(cells.count == 2)
            for (text, cell) in zip(row, cells) {
                let shown = text.split(separator: "\t", omittingEmptySubsequences: false)
                    .map { TextEscape.escaped(String($0)) }.joined(separator: "\t")
                #expect(cell == shown || cell == "'" + shown)
                if let first = cell.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) {
                    #expect(cell.dropFirst().allSatisfy { "0123456789".contains($0) }, "\(cell)")
                }
            }
        }
        #expect(
            capture.text.unicodeScalars.allSatisfy { "\t\r\n".unicodeScalars.contains($0) || !TextEscape.isHarmful($0) }
        )
    }

    @Test(
        "Cells that a spreadsheet would run are guarded, numbers are not",
        arguments: [
            ("=1+1", "'=1+1"), ("+cmd", "'+cmd"), ("-cmd", "'-cmd"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
            ("-", "'-"),
            ("-5", "-5"), ("+5", "+5"), ("-5.25", "-5.25"), ("-1e-5", "-1e-5"), ("-5x", "'-5x"), ("-5.", "'-5."),
            ("+5e", "'+5e"),
            ("-1,5", "\"'-1,5\""), ("a=b", "a=b"), ("", ""), ("a\"b", "\"a\"\"b\""), ("a,b", "\"a,b\""),
            ("a\nb", "a\\nb"),
            ("\rx", "\\rx"), ("\u{1b}[1m", "\\x1b[1m"), ("'x", "'x"), (" x ", " x "), ("=\"a\"", "\"'=\"\"a\"\"\""),
        ])
    func guarded(text: String, cell: String) {
        #expect(text.csvValue.cell == cell)
    }

    @Test("Values are written as in JSON, lists are joined, nothing is empty")
    func values() {
        #expect(Optional<Int>.none.csvValue.cell == "")
        #expect(Int64.min.csvValue.cell == "-9223372036854775808")
        #expect(0.25.csvValue.cell == "0.25")
        #expect(4.0.csvValue.cell == "4")
        #expect(Double.nan.csvValue.cell == "")
        #expect(true.csvValue.cell == "true")
        #expect(TestWorld.now.csvValue.cell == "2026-11-22T10:30:00.000Z")
        #expect(["nginx/1", "nginx/2"].csvValue.cell == "nginx/1;nginx/2")
        #expect(["a;b/1", "=x"].csvValue.cell == "a\\x3bb/1;=x")
        #expect(["=a,b/1"].csvValue.cell == "\"'=a,b/1\"")
        #expect([String]().csvValue.cell == "")
    }

    @Test("A report is a header and one row an entry, and what was left out is told on standard error")
    func document() throws {
        let test = TestWorld()
        var report = SampleReport.random(0, seed: 1)
        report.omitted = 12
        report.rows = [
            .init(name: "a", localPort: 80, owners: [.init(pid: 1, command: "x")], share: 0.5, at: TestWorld.now)
        ]
        try Renderer(format: .csv, color: .auto, world: test.world).render(report)
        #expect(
            test.output.text
                == "name,local_port,remote_port,owners,share,at\r\na,80,,x/1,0.5,2026-11-22T10:30:00.000Z\r\n")
        #expect(test.errors.text == "portlog: note: 12 more not shown; --limit 0 shows all.\n")
    }
}
