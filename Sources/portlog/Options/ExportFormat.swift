import ArgumentParser

/// How `export` writes its rows.
enum ExportFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// RFC 4180 with a header line.
    case csv
    /// JSON Lines: one object a line.
    case jsonl
}
