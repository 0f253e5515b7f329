import GRDB

extension HistoryView {
    /// The names of all network namespaces that the history has ever seen, in the order in which they came: the recorder's
    /// own (`host`) and those of containers.
    public func namespaceNames() throws -> [String] {
        try String.fetchAll(database, sql: "SELECT name FROM namespace ORDER BY id")
    }
}
