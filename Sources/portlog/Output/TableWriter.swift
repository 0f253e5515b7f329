/// Writes entries as aligned columns. Nothing is ever cut.
///
/// Every entry is asked for its cells twice, first for their widths: so a table of any length needs no memory of its
/// own.
struct TableWriter<Entry> {
    /// The columns, from left to right.
    var columns: [TableColumn<Entry>]
    /// Colours, or none.
    var style: Style

    /// What stands between two columns.
    private static var gap: String { "  " }

    /// Writes the header and one line an entry; nothing at all without columns.
    ///
    /// - Parameter afterEach: writes what stands beneath an entry's line.
    func write(
        _ entries: some Sequence<Entry>, to output: OutputWriter, afterEach: (Entry) throws -> Void = { _ in }
    ) throws {
        guard !columns.isEmpty else { return }
        var widths = columns.map { DisplayWidth.of(TextEscape.escaped($0.header)) }
        for entry in entries {
            for (index, column) in columns.enumerated() {
                widths[index] = max(widths[index], DisplayWidth.of(Self.cell(column.text(entry))))
            }
        }
        try output.write(line(widths) { (TextEscape.escaped(columns[$0].header), .header) })
        for entry in entries {
            try output.write(line(widths) { (Self.cell(columns[$0].text(entry)), columns[$0].emphasis(entry)) })
            try afterEach(entry)
        }
    }

    private static func cell(_ text: String) -> String {
        text.isEmpty ? "-" : TextEscape.escaped(text)
    }

    private func line(_ widths: [Int], _ cell: (Int) -> (String, Emphasis?)) -> String {
        var line = ""
        for (index, column) in columns.enumerated() {
            let (text, emphasis) = cell(index)
            let padding = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
            let isLast = index == columns.count - 1
            if column.alignment == .right { line += padding }
            line += style.apply(emphasis, to: text)
            if column.alignment == .left, !isLast { line += padding }
            if !isLast { line += Self.gap }
        }
        return line + "\n"
    }
}
