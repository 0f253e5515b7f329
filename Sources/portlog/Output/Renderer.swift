/// Writes a report to standard output in one of the formats. The only switch over the formats is here.
struct Renderer {
    /// The format.
    var format: OutputFormat
    /// When tables are coloured.
    var color: ColorMode
    /// Where standard output and its terminal are.
    var world: World

    /// Writes the report, all of it, and hands it over to the system.
    func render(_ report: some Presentation) throws {
        switch format {
        case .table: try TableDocument(page: Page(world: world, color: color)).write(report, to: world.output)
        case .json: try JSONDocument().write(report, to: world.output)
        case .csv:
            try CSVDocument().write(report, to: world.output)
            // The rows have no place for it, and nothing is left out silently.
            if let line = TableDocument.omission(report.omitted) { world.note("note: \(line)") }
        }
        try world.output.flush()
    }
}
