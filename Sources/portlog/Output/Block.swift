import PortModel

/// A piece of what stands before or after the main table of a page.
enum Block {
    /// One line of text.
    case line(String, Emphasis? = nil)
    /// Text on as many lines as the page's width asks for, each indented by some columns.
    case paragraph(String, indent: Int = 0, Emphasis? = nil)
    /// An empty line.
    case blank
    /// Names and values, the values aligned: `recording   yes`.
    case facts([Fact])
    /// A small table of other entries than the main ones.
    case table(TableBlock)
    /// A chart of a series.
    case chart(Chart)
}

/// A name with its value.
struct Fact {
    /// The name.
    var name: String
    /// The value, as text.
    var value: String
    /// How the value is emphasised, if at all.
    var emphasis: Emphasis?

    /// A fact of its parts.
    init(_ name: String, _ value: String, emphasis: Emphasis? = nil) {
        self.name = name
        self.value = value
        self.emphasis = emphasis
    }
}

/// A table whose entries' type is its own business.
struct TableBlock {
    /// Writes it.
    let write: (Style, OutputWriter) throws -> Void

    /// A table of entries.
    init<Entry>(_ entries: [Entry], _ columns: [TableColumn<Entry>]) {
        write = { style, output in try TableWriter(columns: columns, style: style).write(entries, to: output) }
    }
}

extension Block {
    /// Writes the block to a page.
    func write(on page: Page, to output: OutputWriter) throws {
        switch self {
        case .line(let text, let emphasis):
            try output.write(page.style.apply(emphasis, to: TextEscape.escaped(text)) + "\n")
        case .paragraph(let text, let indent, let emphasis):
            let lines = WordWrap.lines(of: TextEscape.escaped(text), width: max(20, page.width - indent))
            let margin = String(repeating: " ", count: indent)
            for line in lines { try output.write("\(margin)\(page.style.apply(emphasis, to: line))\n") }
        case .blank: try output.write("\n")
        case .facts(let facts):
            let names = facts.map { TextEscape.escaped($0.name) }
            let width = names.map(DisplayWidth.of).max() ?? 0
            for (name, fact) in zip(names, facts) {
                let padding = String(repeating: " ", count: width - DisplayWidth.of(name) + 2)
                let value = page.style.apply(fact.emphasis, to: TextEscape.escaped(fact.value))
                try output.write("\(name)\(padding)\(value)\n")
            }
        case .table(let table): try table.write(page.style, output)
        case .chart(let chart):
            for line in chart.lines(on: page) { try output.write(line + "\n") }
        }
    }
}
