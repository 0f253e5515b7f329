import Foundation
import PortReports

/// Writes the rows of an export as they come. The only switch over the formats of `export` is here.
struct ExportWriter<Rows: ExportPresentation> {
    private let format: ExportFormat
    private let output: OutputWriter
    private let encoder = JSONDocument.encoder()
    private let columns = Rows.csv

    /// Begins with what stands before the rows.
    init(_ format: ExportFormat, to output: OutputWriter) throws {
        self.format = format
        self.output = output
        if format == .csv { try CSVDocument().writeHeader(columns, to: output) }
    }

    /// Writes rows.
    func write(_ rows: [Rows.Row]) throws {
        switch format {
        case .csv: try CSVDocument().writeRows(rows, columns, to: output)
        case .jsonl:
            for row in rows {
                try JSONDocument.write([UInt8](try encoder.encode(row))[...], to: output)
                try output.write("\n")
            }
        }
    }
}

/// How the rows of an export look in CSV. Implemented beside the command.
protocol ExportPresentation: Export {
    /// The CSV columns, with the names of the JSON.
    static var csv: [CSVColumn<Row>] { get }
}
