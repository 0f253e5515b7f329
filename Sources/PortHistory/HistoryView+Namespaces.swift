import GRDB

extension HistoryView {
    /// The names of all network namespaces that the history has ever seen, in the order in which they came: the recorder's
    /// own (`host`) and those of containers.
    public func namespaceNames() throws -> [String] {
        try String.fetchAll(database, sql: "SELECT name FROM namespace ORDER BY id")
    }

    /// A network namespace while it is being recorded.
    public struct Namespace: Hashable, Sendable {
        /// Its number.
        public var number: Int
        /// Its name.
        public var name: String
        /// It is read with one of so many samples, now.
        public var pause: Int
    }

    /// The namespaces that there were at a sample.
    public func namespaces(at sample: Int) throws -> [Namespace] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT n.id, n.name, n.pause FROM namespace n WHERE EXISTS (SELECT 1 FROM namespace_life l
                    WHERE l.namespace = n.id AND l.first <= :sample AND (l.last = 0 OR l.last >= :sample))
                ORDER BY n.id
                """, arguments: ["sample": sample]
        ).map { row in
            Namespace(
                number: try row.checked("id"), name: try row.checked("name"),
                pause: min(max(1, try row.checked("pause")), 1 << 20))
        }
    }
}
