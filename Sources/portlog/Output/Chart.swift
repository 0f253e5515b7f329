import PortModel

/// A series as a chart of several rows, with its maximum on the left and its times below.
///
/// Points stand side by side in the order of their times, each column the highest of its part, whatever the time
/// between them.
struct Chart {
    /// A point of the series.
    struct Point {
        /// When.
        var at: Timestamp
        /// How much, 0 or more.
        var value: Double
    }

    /// What is shown, in a line of its own above.
    var title: String
    /// The series, by time.
    var points: [Point]
    /// How a value is written at the axis.
    var label: (Double) -> String = { HumanFormat.number($0) }
    /// Text rows of the plot, without title and time axis.
    var height = 6
    /// The value of the top of the plot; `nil` takes the highest of the series.
    var top: Double?

    /// The widest plot that is still easy to read, in columns: a series has at most that many points.
    private static let maximalWidth = 240

    /// The lines of the chart; for a series without points a line that says so.
    func lines(on page: Page) -> [String] {
        let title = page.style.apply(.header, to: TextEscape.escaped(title))
        guard !points.isEmpty else { return [title, "no samples in the period"] }
        let values = points.map(\.value)
        let highest = values.filter(\.isFinite).max() ?? 0
        let top = max(top ?? highest, highest, 0)
        let labels = [TextEscape.escaped(label(top)), TextEscape.escaped(label(0))]
        let margin = labels.map(DisplayWidth.of).max() ?? 0
        let width = min(points.count, Self.maximalWidth, max(8, page.width - margin - 3))
        let plot = Sparkline.compress(values, to: width)
        let drawing = page.usesUTF8 ? Drawing.blocks : Drawing.ascii

        var lines = [title]
        for row in stride(from: max(1, height) - 1, through: 0, by: -1) {
            let text = row == height - 1 ? labels[0] : ""
            let padding = String(repeating: " ", count: margin - DisplayWidth.of(text))
            let cells = plot.map { drawing.cell($0, top: top, row: row, rows: max(1, height)) }
            let tick = text.isEmpty ? drawing.side : drawing.tick
            lines.append(trimmed("\(padding)\(text) \(tick)\(String(cells))"))
        }
        let padding = String(repeating: " ", count: margin - DisplayWidth.of(labels[1]))
        lines.append("\(padding)\(labels[1]) \(drawing.corner)\(String(repeating: drawing.floor, count: width))")
        lines.append(String(repeating: " ", count: margin + 2) + times(width, limit: page.width - margin - 2, page))
        return lines
    }

    /// The times below the plot: at the left edge, in the middle, at the right edge, as far as there is room in `limit`
    /// columns.
    private func times(_ width: Int, limit: Int, _ page: Page) -> String {
        let (first, last) = (points[0].at, points[points.count - 1].at)
        let middle = points[Sparkline.part(width / 2, of: width, in: points.count).lowerBound].at
        let notations: [(Timestamp) -> String] =
            page.time(first).prefix(10) == page.time(last).prefix(10)
            ? [page.clock]
            : [{ String(page.time($0).dropLast(3)) }, { String(page.time($0).dropFirst(5).dropLast(3)) }]
        for notation in notations where points.count > 1 {
            let labels = [first, middle, last].map(notation)
            let end = max(width, labels[0].count + 2 + labels[2].count)
            guard end <= limit else { continue }
            var line = labels[0]
            let start = width / 2 - labels[1].count / 2
            if start >= line.count + 2, start + labels[1].count + 2 <= end - labels[2].count {
                line += String(repeating: " ", count: start - line.count) + labels[1]
            }
            return line + String(repeating: " ", count: end - labels[2].count - line.count) + labels[2]
        }
        return notations[0](first)
    }

    private func trimmed(_ line: String) -> String {
        guard let end = line.lastIndex(where: { $0 != " " }) else { return "" }
        return String(line[...end])
    }
}

/// The characters of a chart.
private struct Drawing {
    var levels: [Character]
    var side: String
    var tick: String
    var corner: String
    var floor: String

    static let blocks = Drawing(levels: Array(" ▁▂▃▄▅▆▇█"), side: "│", tick: "┤", corner: "┼", floor: "─")
    static let ascii = Drawing(levels: Array(" .:#"), side: "|", tick: "+", corner: "+", floor: "-")

    /// What stands in a row, counted from the ground, of a column of that height. Anything above 0 is seen on the
    /// ground.
    func cell(_ value: Double, top: Double, row: Int, rows: Int) -> Character {
        guard top > 0, value > 0 else { return levels[0] }
        let steps = levels.count - 1
        let height = max(1, Int((min(1, value / top) * Double(rows * steps)).rounded()))
        return levels[min(steps, max(0, height - row * steps))]
    }
}
