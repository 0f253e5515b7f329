import GRDB

/// A place in the order of a table of closed intervals: the key of a row.
struct IntervalPosition: Hashable {
    private static let columns = ["cluster", "local_port", "start", "flow", "remote_port", "span", "inode"]

    /// The columns in the order of the key.
    private let key: [Int]

    /// Before every row of a chunk of a class.
    init(before chunk: Int, of cluster: IntervalCluster) {
        key = [cluster.stored(chunk: chunk), Int(Int16.min) - 1, 0, 0, 0, 0, 0]
    }

    /// Behind every row of a class.
    init(behind cluster: IntervalCluster) {
        key = [cluster.upperBound + 1, Int(Int16.min) - 1, 0, 0, 0, 0, 0]
    }

    /// At the row at hand of ``query(_:)``.
    init(_ statement: HotStatement) {
        key = [8, 0, 9, 1, 2, 3, 4].map { statement.int($0) }
    }

    /// `cluster`.
    var cluster: Int { key[0] }

    /// The rows of a table behind a position, up to a cluster, in the order of the key: ``IntervalRow/closedColumns``, cluster, start.
    static func query(_ table: IntervalTable) -> String {
        """
        SELECT \(IntervalRow.closedColumns), cluster, start FROM \(table.rawValue)
        WHERE (\(columns.joined(separator: ", "))) > (?1, ?2, ?3, ?4, ?5, ?6, ?7) AND cluster <= ?8
        ORDER BY \(columns.joined(separator: ", "))
        """
    }

    /// Sets the arguments of ``query(_:)``.
    func bind(to statement: HotStatement, upTo cluster: Int) {
        for (index, value) in key.enumerated() { statement.bind(Int32(index + 1), value) }
        statement.bind(8, cluster)
    }
}

extension IntervalQuery {
    /// Reads the rows of one class of a table that stand behind a position, until the body says that it is enough.
    ///
    /// - Returns: The position of the row with which the body had enough; `nil` at the end of the class.
    func scan(
        _ table: IntervalTable, _ cluster: IntervalCluster, after position: IntervalPosition, upTo last: Int,
        _ body: (HotStatement, _ first: Int, _ last: Int) throws -> Bool
    ) throws -> IntervalPosition? {
        let statement = try HotStatement(database, IntervalPosition.query(table))
        position.bind(to: statement, upTo: last)
        defer { statement.reset() }
        while try statement.next() {
            let samples = try Self.samples(statement, cluster)
            if try body(statement, samples.first, samples.last) { return IntervalPosition(statement) }
        }
        return nil
    }
}
