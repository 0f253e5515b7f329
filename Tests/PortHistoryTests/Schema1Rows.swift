import GRDB

/// What a history of schema 1 holds, read by SQL that shares nothing with the product: a line of text for every interval.
struct Schema1Rows {
    /// An interval: everything that there is to know of it.
    struct Line {
        var first: Int
        var last: Int
        /// Of all intervals of its socket.
        var socketLast: Int
        var localPort: Int
        var isListener: Bool
        var isOpen: Bool
        var text: String
    }

    let lines: [Line]
    let newest: Int

    init(path: String) throws {
        (lines, newest) = try DatabaseQueue(path: path).read { database in
            let newest = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
            return (try Self.lines(try Row.fetchAll(database, sql: Self.select), newest), newest)
        }
    }

    /// The lines of the intervals that cover a sample.
    func texts(at sample: Int) -> [String] {
        lines.filter { $0.first <= sample && sample <= $0.last }.map(\.text).sorted()
    }

    private static func lines(_ rows: [Row], _ newest: Int) throws -> [Line] {
        // A socket goes on where an interval of the same endpoints begins with the same first sample of the socket.
        var beginning: [String: Row] = [:]
        for row in rows { beginning["\(row["socket"] as String) from \(row["first"] as Int)"] = row }
        func last(_ row: Row) -> Int {
            let (end, kind): (Int, Int) = (row["last"], row["kind"])
            if kind & 64 == 0 { return end }
            return beginning["\(row["socket"] as String) from \(end + 1)"].map(last) ?? newest
        }
        return rows.map { row in
            let (kind, table): (Int, Int) = (row["kind"], row["socket_table"])
            return Line(
                first: row["first"], last: row["last"], socketLast: last(row), localPort: row["local_port"],
                isListener: kind & 15 == (table < 2 ? 10 : 7), isOpen: row["open"],
                text: (row["line"] as String) + " until \(last(row))")
        }
    }

    private static let select = """
        WITH every AS (
            SELECT (chunk << (class + 8)) + start AS first, (chunk << (class + 8)) + start + length AS last, local_port, flow,
                remote_port, kind, inode, holder, age, time_wait_age, 0 AS open
            FROM interval
            UNION ALL
            SELECT first, (SELECT max(number) FROM sample), local_port, flow, remote_port, kind, inode, holder, age,
                time_wait_age, 1
            FROM open_interval
        )
        SELECT i.first, i.last, i.kind, i.local_port, i.open, f.socket_table,
            format('%d %d %d %d since %d', i.flow, i.local_port, i.remote_port,
                CASE WHEN f.socket_table < 2 AND i.kind & 15 <> 10 THEN 0 ELSE i.inode END, i.first - i.age) AS socket,
            format('%s %d %s:%d %s:%d state %d role %d inode %d samples %d-%d of %d, waited %d; uid %d, %d:%s',
                n.name, f.socket_table, l.text, i.local_port, r.text, f.remote_port + i.remote_port, i.kind & 15,
                i.kind >> 4 & 3, i.inode, i.first, i.last, i.first - i.age, i.time_wait_age, h.uid, h.attribution,
                (SELECT group_concat(format(' %d@%d %s %s uid %d since %d in "%s" "%s"', p.pid, p.start_ticks, g.command,
                    g.executable, p.uid, p.started_at, p.unit, p.container), '')
                FROM json_each(h.processes) j JOIN process p ON p.id = j.value JOIN program g ON g.id = p.program)) AS line
        FROM every i JOIN flow f ON f.id = i.flow JOIN namespace n ON n.id = f.namespace
            JOIN address l ON l.id = f.local_address JOIN address r ON r.id = f.remote_address
            JOIN holder h ON h.id = i.holder
        """
}
