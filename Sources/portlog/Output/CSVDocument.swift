/// A report as RFC 4180: a header line with the JSON names, then one row for each entry of the main list. Lines end
/// with CRLF.
struct CSVDocument {
    /// Writes a report.
    func write<Report: Presentation>(_ report: Report, to output: OutputWriter) throws {
        try write(report.entries, Report.csv, to: output)
    }

    /// Writes entries, however many there are.
    func write<Entry>(_ entries: some Sequence<Entry>, _ columns: [CSVColumn<Entry>], to output: OutputWriter) throws {
        try writeHeader(columns, to: output)
        try writeRows(entries, columns, to: output)
    }

    /// Writes the header line.
    func writeHeader<Entry>(_ columns: [CSVColumn<Entry>], to output: OutputWriter) throws {
        try output.write(columns.map { CSVValue.text($0.name).cell }.joined(separator: ",") + "\r\n")
    }

    /// Writes entries without a header before them.
    func writeRows<Entry>(
        _ entries: some Sequence<Entry>, _ columns: [CSVColumn<Entry>], to output: OutputWriter
    ) throws {
        var line = ""
        for entry in entries {
            line.removeAll(keepingCapacity: true)
            for (index, column) in columns.enumerated() {
                if index > 0 { line += "," }
                line += column.value(entry).cell
            }
            line += "\r\n"
            try output.write(line)
        }
    }
}
