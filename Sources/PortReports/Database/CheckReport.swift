import PortHistory

/// Whether a database is whole.
public struct CheckReport: Encodable, Sendable {
    /// `database check`.
    public var command = "database check"
    /// The file.
    public var path: String
    /// Whether nothing is wrong.
    public var ok: Bool
    /// What is wrong.
    public var problems: [Problem]
    /// How many more problems there are.
    public var omitted: Int

    /// Something that is wrong.
    public struct Problem: Hashable, Sendable, Encodable {
        /// In which table.
        public var table: String
        /// What.
        public var problem: String
    }

    /// The report of a check.
    public init(path: String, _ check: HistoryCheck) {
        self.path = path
        ok = check.problems.isEmpty
        problems = check.problems.map { Problem(table: $0.table, problem: $0.text) }
        omitted = check.omitted
    }
}
