import PortModel

/// Writes entries as aligned columns. Nothing is ever cut.
///
/// The widths come first, and the text of the first entries is kept for that long. The others are asked for theirs twice, so that
/// a table of any length takes a limited memory.
struct TableWriter<Entry> {
    /// The columns, from left to right.
    var columns: [TableColumn<Entry>]
    /// Colours, or none.
    var style: Style

    /// What stands between two columns.
    private static var gap: String { "  " }
    /// Of how many entries the text is kept.
    private static var mostKept: Int { 2000 }

    /// What stands in a column.
    private struct Cell {
        var text: String
        var width: Int

        init(_ text: String) {
            self.text = text.isEmpty ? "-" : TextEscape.escaped(text)
            width = DisplayWidth.of(self.text)
        }
    }

    /// Writes the header and one line an entry; nothing at all without columns.
    ///
    /// - Parameter afterEach: writes what stands beneath an entry's line.
    func write(
        _ entries: some Sequence<Entry>, to output: OutputWriter, afterEach: (Entry) throws -> Void = { _ in }
    ) throws {
        guard !columns.isEmpty else { return }
        let headers = columns.map { Cell($0.header) }
        var widths = headers.map(\.width)
        var kept: [[Cell]] = []
        for entry in entries {
            let cells = cells(of: entry)
            for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.width) }
            if kept.count < Self.mostKept { kept.append(cells) }
        }
        try output.write(line(headers, widths) { _ in .header })
        for (index, entry) in entries.enumerated() {
            let cells = index < kept.count ? kept[index] : cells(of: entry)
            try output.write(line(cells, widths) { columns[$0].emphasis(entry) })
            try afterEach(entry)
        }
    }

    private func cells(of entry: Entry) -> [Cell] { columns.map { Cell($0.text(entry)) } }

    private func line(_ cells: [Cell], _ widths: [Int], _ emphasis: (Int) -> Emphasis?) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.width))
            let isLast = index == cells.count - 1
            if columns[index].alignment == .right { line += padding }
            line += style.apply(emphasis(index), to: cell.text)
            if columns[index].alignment == .left, !isLast { line += padding }
            if !isLast { line += Self.gap }
        }
        return line + "\n"
    }
}
