import ArgumentParser

/// How an answer is written.
enum OutputFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// For people: aligned columns, local time, charts.
    case table
    /// One JSON object.
    case json
    /// RFC 4180 with a header line.
    case csv
}
