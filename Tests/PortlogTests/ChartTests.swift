import PortModel
import TestSupport
import Testing

@testable import portlog

@Suite struct ChartTests {
    private func points(_ values: [Double], step: Int64 = 10_000) -> [Chart.Point] {
        values.enumerated().map { Chart.Point(at: TestWorld.now + Int64($0) * step, value: $1) }
    }

    private func page(width: Int = 80, utf8: Bool = true) -> Page {
        Page(world: TestWorld(terminal: Terminal(columns: width, usesUTF8: utf8)).world, color: .never)
    }

    @Test("A sparkline goes from nothing to its maximum")
    func sparkline() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8, usesUTF8: true) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8, usesUTF8: false) == "_.:-=+*#")
        #expect(Sparkline.text([], width: 8, usesUTF8: true) == "")
        #expect(Sparkline.text([0, 0, 0], width: 8, usesUTF8: true) == "▁▁▁")
        #expect(Sparkline.text([5, 5], width: 8, usesUTF8: true) == "██")
        #expect(Sparkline.text([1, 1_000_000], width: 8, usesUTF8: true) == "▂█")
        #expect(Sparkline.text([.nan, .infinity, -5, 1], width: 8, usesUTF8: true) == "▁▁▁█")
        #expect(Sparkline.text([1, 2], width: 0, usesUTF8: true) == "")
        #expect(Sparkline.text([1, 2], width: -3, usesUTF8: true) == "")
    }

    @Test("A series that is too long is compressed by its maxima, and no peak gets lost")
    func compress() {
        #expect(Sparkline.compress([1, 9, 2, 3], to: 2) == [9, 3])
        for count in 1...300 {
            for width in [1, 7, 60, 240] {
                let values = (0..<count).map { Double($0 * 37 % 101) }
                let compressed = Sparkline.compress(values, to: width)
                #expect(compressed.count == min(count, width))
                #expect(compressed.max() == values.max())
            }
        }
    }

    @Test("A chart has its maximum on the left and its times below")
    func chart() {
        let chart = Chart(title: "TIME_WAIT", points: points((0..<40).map { Double($0) * 2 }), height: 3)
        #expect(
            chart.lines(on: page())
                == [
                    "TIME_WAIT",
                    "78.0 ┤                           ▁▁▂▂▃▄▄▅▆▆▇▇█",
                    "     │              ▁▁▂▂▃▄▄▅▆▆▇▇██████████████",
                    "     │ ▁▁▂▂▃▄▄▅▆▆▇▇███████████████████████████",
                    " 0.0 ┼────────────────────────────────────────",
                    "      10:30:00        10:33:20        10:36:30",
                ])
        for line in chart.lines(on: page(utf8: false)) { #expect(TextEscape.isPlainASCII(line)) }
    }

    @Test("A chart of any series fits into any terminal that is wide enough for its times")
    func fits() {
        var random = SeededGenerator(seed: 9)
        for count in [1, 2, 7, 30, 100, 240, 1000] {
            for width in [40, 80, 200] {
                for utf8 in [true, false] {
                    let values = (0..<count).map { _ in Double.random(in: 0...1e6, using: &random) }
                    var chart = Chart(title: "t", points: points(values, step: 600_000))
                    chart.label = { String(Int($0)) }
                    let lines = chart.lines(on: page(width: width, utf8: utf8))
                    #expect(lines.count == 1 + chart.height + 2)
                    for line in lines { #expect(DisplayWidth.of(line) <= width) }
                }
            }
        }
    }

    @Test("Empty, flat and absurd series are charts too")
    func absurd() {
        #expect(Chart(title: "t", points: []).lines(on: page()) == ["t", "no samples in the period"])
        for values in [[0], [0, 0, 0], [.nan], [.infinity, 1], [-1, -2], [1e300, 1], [.leastNonzeroMagnitude]]
            as [[Double]]
        {
            let lines = Chart(title: "t\u{1b}", points: points(values)).lines(on: page())
            #expect(lines.count == 9)
            #expect(lines[0] == "t\\x1b")
        }
        var flat = Chart(title: "t", points: points([5, 5, 5]), height: 1)
        flat.top = 10
        #expect(flat.lines(on: page())[1] == "10.0 ┤▄▄▄")
        flat.height = -1
        #expect(flat.lines(on: page()).count >= 3)
    }

    @Test("A terminal is UTF-8 when its locale says so, and as wide as it says")
    func terminal() {
        #expect(Terminal.usesUTF8(environment: ["LANG": "de_DE.UTF-8"]))
        #expect(Terminal.usesUTF8(environment: ["LANG": "C", "LC_ALL": "C.utf8"]))
        #expect(!Terminal.usesUTF8(environment: ["LANG": "de_DE.UTF-8", "LC_ALL": "C"]))
        #expect(Terminal.usesUTF8(environment: ["LANG": "C.UTF-8", "LC_ALL": ""]))
        #expect(!Terminal.usesUTF8(environment: [:]))
        #expect(Terminal.columns(environment: ["COLUMNS": "120"], size: 90) == 120)
        #expect(Terminal.columns(environment: ["COLUMNS": "x"], size: 90) == 90)
        #expect(Terminal.columns(environment: ["COLUMNS": "-5"], size: 0) == 80)
        #expect(Terminal.columns(environment: [:], size: nil) == 80)
    }
}
