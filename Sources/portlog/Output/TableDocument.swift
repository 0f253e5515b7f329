/// A report for people: head, table, tail.
struct TableDocument {
    /// What it is drawn on.
    var page: Page

    /// Writes a report.
    func write<Report: Presentation>(_ report: Report, to output: OutputWriter) throws {
        let head = report.head(on: page)
        for block in head { try block.write(on: page, to: output) }
        if !head.isEmpty { try output.write("\n") }
        let entries = report.entries
        if entries.isEmpty {
            try Block.line(report.nothing, .faint).write(on: page, to: output)
        } else {
            var left = entries.count
            try TableWriter(columns: report.columns(on: page), style: page.style).write(entries, to: output) { entry in
                let details = report.details(of: entry, on: page)
                for block in details { try block.write(on: page, to: output) }
                left -= 1
                if !details.isEmpty, left > 0 { try output.write("\n") }
            }
        }
        let tail = report.tail(on: page)
        if !tail.isEmpty { try output.write("\n") }
        for block in tail { try block.write(on: page, to: output) }
        if let line = Self.omission(report.shownByLimit) {
            try Block.line(line, .faint).write(on: page, to: output)
        }
    }

    /// The last line of a table from which a limit left something out.
    static func omission(_ omitted: Int) -> String? {
        omitted > 0 ? "\(omitted) more not shown; --limit 0 shows all." : nil
    }
}
