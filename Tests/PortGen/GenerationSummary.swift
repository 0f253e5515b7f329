/// What was generated: the line of JSON at the end.
struct GenerationSummary: Encodable {
    /// Samples written.
    var samples: Int
    /// Intervals begun, those that stand open at the end included.
    var intervals: Int
    /// The file and its companions.
    var bytes: Int64
    /// How long it took.
    var seconds: Double
}
