import GRDB
import PortModel

/// Reads intervals back: range scans of the clustered tables, one a duration class, and the open ones.
final class IntervalQuery {
    /// What is looked for.
    struct Search {
        /// The samples that it overlaps.
        var samples: ClosedRange<Int>
        /// The local port; `nil`: any.
        var localPort: UInt16?
        /// Among which closed intervals; without ``IntervalTable/sockets`` among the open ones only listeners are looked for.
        var tables = IntervalTable.allCases
    }

    let database: Database
    /// The flows behind the intervals.
    let flows: FlowReader
    private var clusters: [IntervalTable: [IntervalCluster]] = [:]
    private var statements: [Select: HotStatement] = [:]
    private var listenerChunks: [Chunks: [Int]] = [:]
    private var openIDs: [UInt16: [Int]]?
    /// The newest sample, at which open intervals end for now; 0 in an empty history.
    let newest: Int
    /// The oldest sample that is kept; 0 in an empty history.
    let oldest: Int

    /// A query over the history as the transaction at hand sees it.
    init(_ database: Database, _ flows: FlowReader) throws {
        self.database = database
        self.flows = flows
        newest = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
        oldest = try Int.fetchOne(database, sql: "SELECT min(number) FROM sample") ?? 0
    }

    /// What is asked of a table of closed intervals.
    private struct Select: Hashable {
        enum What { case chunks, port, next, successor }
        var table: IntervalTable
        var what: What
    }

    /// Chunks of a class.
    private struct Chunks: Hashable {
        var cluster: IntervalCluster
        var range: ClosedRange<Int>
    }

    /// Every interval that is looked for and whose flow is wanted.
    func forEach(
        _ search: Search, flow isWanted: (FlowReader.Flow) throws -> Bool, _ body: (SocketInterval) throws -> Void
    ) throws {
        var wanted: [Int: Bool] = [:]
        func deliver(_ statement: HotStatement, first: Int, last: Int, isOpen: Bool) throws {
            if first > search.samples.upperBound || last < search.samples.lowerBound { return }
            let id = statement.int(1)
            let flow = try flows.flow(id)
            let isIn: Bool
            if let known = wanted[id] { isIn = known } else { isIn = try isWanted(flow); wanted[id] = isIn }
            if isIn { try body(IntervalRow(statement, first: first, last: last, isOpen: isOpen).interval(flow)) }
        }
        for table in search.tables {
            var search = search
            if table == .sockets {
                // What ended before is about to be removed, and what it refers to may be gone already.
                if search.samples.upperBound < oldest { continue }
                search.samples = max(oldest, search.samples.lowerBound)...search.samples.upperBound
            }
            for cluster in try clusters(of: table) {
                try forEachClosed(table, cluster, search) { statement, first, last in
                    if last < search.samples.lowerBound { return }
                    try deliver(statement, first: first, last: last, isOpen: false)
                }
            }
        }
        try forEachOpen(search) { try deliver($0, first: $1, last: newest, isOpen: true) }
    }

    /// Every open interval that is looked for, as a row of ``IntervalRow/openColumns`` with its first sample.
    func forEachOpen(_ search: Search, _ body: (HotStatement, _ first: Int) throws -> Void) throws {
        func scan(_ open: HotStatement) throws {
            defer { open.reset() }
            while try open.next() { try body(open, Int(try open.number(8, as: Int32.self))) }
        }
        guard let port = search.localPort else {
            let open = try HotStatement(database, Self.selectOpen(search))
            open.bind(1, search.samples.upperBound)
            return try scan(open)
        }
        for id in try openIDs(of: port) {
            let open = try HotStatement(database, Self.selectOpen(search) + " AND id = ?2")
            open.bind(1, search.samples.upperBound)
            open.bind(2, id)
            try scan(open)
        }
    }

    /// The open intervals of a port. No index has them all: one pass tells those of all ports, however many are asked for.
    private func openIDs(of port: UInt16) throws -> [Int] {
        if let openIDs { return openIDs[port] ?? [] }
        var ids: [UInt16: [Int]] = [:]
        let select = try HotStatement(database, "SELECT local_port, id FROM open_interval")
        defer { select.reset() }
        while try select.next() { ids[try select.number(0), default: []].append(select.int(1)) }
        openIDs = ids
        return ids[port] ?? []
    }

    private static func selectOpen(_ search: Search) -> String {
        "SELECT \(IntervalRow.openColumns), first FROM open_interval WHERE first <= ?1"
            + (search.tables.contains(.sockets) ? "" : " AND kind & 15 IN (7, 10)")
    }

    private func forEachClosed(
        _ table: IntervalTable, _ cluster: IntervalCluster, _ search: Search,
        _ body: (HotStatement, Int, Int) throws -> Void
    ) throws {
        let chunks = cluster.chunks(covering: search.samples)
        func scan(_ statement: HotStatement) throws {
            defer { statement.reset() }
            while try statement.next() {
                let samples = try Self.samples(statement, cluster)
                try body(statement, samples.first, samples.last)
            }
        }
        guard let port = search.localPort else {
            let statement = try statement(table, .chunks)
            statement.bind(1, cluster.stored(chunk: chunks.lowerBound))
            statement.bind(2, cluster.stored(chunk: chunks.upperBound))
            return try scan(statement)
        }
        let statement = try statement(table, .port)
        // Samples have something in every chunk, and a few are asked as quickly as whether they are there.
        let isDense = table == .sockets || chunks.count <= 4
        let existing = isDense ? Array(chunks) : try existing(Chunks(cluster: cluster, range: chunks), in: table)
        for chunk in existing {
            statement.bind(1, cluster.stored(chunk: chunk))
            statement.bind(2, StoredPort.value(of: port))
            try scan(statement)
        }
    }

    private func statement(_ table: IntervalTable, _ what: Select.What) throws -> HotStatement {
        let select = Select(table: table, what: what)
        if let known = statements[select], !known.isBusy { return known }
        let columns = "SELECT \(IntervalRow.closedColumns), cluster, start FROM \(table.rawValue) WHERE "
        let sql =
            switch what {
            case .chunks: columns + "cluster BETWEEN ?1 AND ?2"
            case .port: columns + "cluster = ?1 AND local_port = ?2"
            case .successor:
                """
                SELECT \(IntervalRow.closedColumns) FROM \(table.rawValue)
                WHERE cluster = ?1 AND local_port = ?2 AND start = ?3 AND flow = ?4 AND remote_port = ?5 AND age = ?6
                """
            case .next: "SELECT cluster FROM \(table.rawValue) WHERE cluster BETWEEN ?1 AND ?2 ORDER BY cluster LIMIT 1"
            }
        let made = try HotStatement(database, sql)
        statements[select] = made
        return made
    }

    private static func length(_ statement: HotStatement) throws -> UInt32 {
        try UInt32(checked: statement.int(3) >> IntervalKind.bits)
    }

    /// From when to when a closed interval was, by a row of ``IntervalRow/closedColumns`` with cluster and start behind them.
    static func samples(_ statement: HotStatement, _ cluster: IntervalCluster) throws -> (first: Int, last: Int) {
        let start: UInt32 = try statement.number(9)
        let first = cluster.firstSample(ofChunk: cluster.chunk(stored: statement.int(8))) + Int(start)
        return (first, first + Int(try length(statement)))
    }

    /// Those of some chunks of listeners that there are: asking for a port is one seek a chunk, and in most of those of years
    /// none began.
    private func existing(_ wanted: Chunks, in table: IntervalTable) throws -> [Int] {
        if let known = listenerChunks[wanted] { return known }
        let next = try statement(table, .next)
        let cluster = wanted.cluster
        var found: [Int] = []
        var position = wanted.range.lowerBound
        next.bind(2, cluster.stored(chunk: wanted.range.upperBound))
        while position <= wanted.range.upperBound {
            next.bind(1, cluster.stored(chunk: position))
            defer { next.reset() }
            guard try next.next() else { break }
            found.append(cluster.chunk(stored: next.int(0)))
            position = cluster.chunk(stored: next.int(0)) + 1
        }
        listenerChunks[wanted] = found
        return found
    }

    /// The duration classes that a table has, in the order of the key.
    func clusters(of table: IntervalTable) throws -> [IntervalCluster] {
        if let known = clusters[table] { return known }
        let found = try Self.clusters(of: table, in: database)
        clusters[table] = found
        return found
    }

    /// A loose index scan, one seek each.
    private static func clusters(of table: IntervalTable, in database: Database) throws -> [IntervalCluster] {
        let statement = try HotStatement(
            database, "SELECT cluster FROM \(table.rawValue) WHERE cluster > ?1 ORDER BY cluster LIMIT 1")
        var clusters: [IntervalCluster] = []
        var bound = -1
        while true {
            statement.bind(1, bound)
            defer { statement.reset() }
            guard try statement.next() else { return clusters }
            let cluster = try IntervalCluster(stored: statement.int(0), after: bound)
            clusters.append(cluster)
            bound = cluster.upperBound
        }
    }

    /// The closed interval in which a socket goes on; `nil` when that one is still open.
    func successor(of interval: SocketInterval) throws -> SocketInterval? {
        let first = interval.last + 1
        let flow = try flows.flow(interval.flow)
        // Of TCP the state says where it stands.
        let isListener = interval.state == .listen
        let tables: [IntervalTable] =
            interval.table.transport == .udp ? IntervalTable.allCases : isListener ? [.listeners] : [.sockets]
        for table in tables {
            let statement = try statement(table, .successor)
            for cluster in try clusters(of: table) {
                let chunk = cluster.chunk(of: first)
                statement.bind(1, cluster.stored(chunk: chunk))
                statement.bind(2, StoredPort.value(of: interval.local.port))
                statement.bind(3, first - cluster.firstSample(ofChunk: chunk))
                statement.bind(4, interval.flow)
                statement.bind(5, flow.remotePort == 0 ? StoredPort.value(of: interval.remote.port) : 0)
                statement.bind(6, first - interval.socketFirst)
                defer { statement.reset() }
                while try statement.next() {
                    let last = first + Int(try Self.length(statement))
                    let next = try IntervalRow(statement, first: first, last: last, isOpen: false).interval(flow)
                    if interval.isSameSocket(as: next) { return next }
                }
            }
        }
        return nil
    }
}

extension SocketInterval {
    /// Sockets that share their endpoints (listeners, UDP) are told apart by their inodes.
    fileprivate func isSameSocket(as other: SocketInterval) -> Bool {
        let isConnectedTCP = table.transport == .tcp && state != .listen && state != .close
        return isConnectedTCP || inode == other.inode
    }
}
