import GRDB
import PortModel

/// The tables `namespace` and `namespace_life`: the network namespaces that there were, and from when to when.
struct NamespaceTable {
    /// Numbers by name: those that the table has, and those that were given since the last sample.
    private var numbers: [String: Int] = [Snapshot.hostNamespace: 0]
    /// What the table has of those that the newest sample found.
    private var present: [Int: Present] = [:]
    private var written: Set<Int> = []

    private struct Present {
        var pause: Int
    }

    /// The highest number: rows of the history's memory have 16 bits for it.
    private static let highest = Int(Int16.max)

    /// So many are kept whatever became of them.
    private static let many = 64

    /// Nothing yet.
    init() {}

    /// What the file has.
    init(from database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT id, name FROM namespace") {
            let number: Int = try row.checked("id")
            guard 0...Self.highest ~= number else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "namespace \(number) is out of its range")
            }
            numbers[try row.checked("name")] = number
            written.insert(number)
        }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT l.namespace, n.pause FROM namespace_life l JOIN namespace n ON n.id = l.namespace WHERE l.last = 0
                """)
        for row in rows {
            present[try row.checked("namespace")] = Present(pause: try row.checked("pause"))
        }
    }

    /// The number of a namespace; a new one where the name is not known. `nil` when all are in use.
    mutating func number(of name: String) -> Int? {
        if let number = numbers[name] { return number }
        let taken = Set(numbers.values)
        let next = (taken.max() ?? 0) + 1
        guard let number = next <= Self.highest ? next : (1...Self.highest).first(where: { !taken.contains($0) }) else {
            return nil
        }
        numbers[name] = number
        return number
    }

    /// Whether the newest sample had one of this name.
    func isPresent(_ name: String) -> Bool {
        numbers[name].map { present[$0] != nil } ?? false
    }

    /// Notes which there are at a sample.
    ///
    /// - Returns: Those that the sample before had and this one has not.
    mutating func note(_ snapshots: [Snapshot], sample: Int, in database: Database) throws -> [Int] {
        var gone = present
        for snapshot in snapshots {
            let number = snapshot.namespace
            gone[number] = nil
            if written.insert(number).inserted {
                try database.execute(
                    sql: "INSERT INTO namespace (id, name) VALUES (?, ?)",
                    arguments: [number, snapshot.namespaceName])
                numbers[snapshot.namespaceName] = number
            }
            if present[number]?.pause != snapshot.pause {
                try database.execute(
                    sql: "UPDATE namespace SET pause = ? WHERE id = ?", arguments: [snapshot.pause, number])
            }
            if present.updateValue(Present(pause: snapshot.pause), forKey: number) == nil {
                try database.execute(
                    sql: "INSERT INTO namespace_life (namespace, first, last) VALUES (?, ?, 0)",
                    arguments: [number, sample])
            }
        }
        for number in gone.keys {
            present[number] = nil
            try database.execute(
                sql: "UPDATE namespace_life SET last = ? WHERE namespace = ? AND last = 0",
                arguments: [sample - 1, number])
        }
        return gone.keys.sorted()
    }

    /// Removes what is known of times of which nothing is kept, and where there are many namespaces those that nothing in the history
    /// refers to any more.
    ///
    /// - Parameter oldest: the oldest sample that is kept.
    mutating func prune(oldest: Int, in database: Database) throws {
        let first = try Int.fetchOne(database, sql: "SELECT min(first) FROM bucket") ?? oldest
        let bound = min(oldest, first)
        try database.execute(
            sql: "DELETE FROM namespace_life WHERE last > 0 AND last < ?", arguments: [bound])
        try database.execute(
            sql: """
                DELETE FROM limits_change WHERE sample < (SELECT max(sample) FROM limits_change l
                    WHERE l.namespace = limits_change.namespace AND l.sample <= ?)
                """, arguments: [bound])
        if numbers.count <= Self.many { return }
        let unused = """
            id > 0 AND id NOT IN (SELECT namespace FROM flow UNION SELECT namespace FROM series UNION
                SELECT namespace FROM listened_port UNION SELECT namespace FROM namespace_life WHERE last = 0)
            """
        let ids = try Int.fetchAll(database, sql: "SELECT id FROM namespace WHERE \(unused)")
        for id in ids {
            for table in ["namespace_life", "limits_change"] {
                try database.execute(sql: "DELETE FROM \(table) WHERE namespace = ?", arguments: [id])
            }
            try database.execute(sql: "DELETE FROM namespace WHERE id = ?", arguments: [id])
            written.remove(id)
        }
        if !ids.isEmpty { numbers = numbers.filter { !ids.contains($0.value) } }
    }
}
