import GRDB
import PortModel

/// Reads intervals back: range scans of the clustered table, one a duration class, and the open ones.
struct IntervalQuery {
    private let database: Database
    private let flows: FlowReader
    private let clusters: [IntervalCluster]
    /// The newest sample, at which open intervals end for now; 0 in an empty history.
    let newest: Int

    /// A query over the history as the transaction at hand sees it.
    init(_ database: Database, _ flows: FlowReader) throws {
        self.database = database
        self.flows = flows
        newest = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
        clusters = try Self.clusters(in: database)
    }

    private static let columns =
        "local_port, flow, remote_port, kind, inode, holder, age, time_wait_age"

    /// Every interval that overlaps the samples and whose flow is wanted; with a local port, only those on it.
    func forEach(
        in samples: ClosedRange<Int>, localPort port: UInt16?, flow isWanted: (FlowReader.Flow) throws -> Bool,
        _ body: (SocketInterval) throws -> Void
    ) throws {
        var wanted: [Int: Bool] = [:]
        func deliver(_ statement: HotStatement, first: Int, last: Int, isOpen: Bool) throws {
            if first > samples.upperBound || last < samples.lowerBound { return }
            let id = statement.int(1)
            let flow = try flows.flow(id)
            let isIn: Bool
            if let known = wanted[id] { isIn = known } else { isIn = try isWanted(flow); wanted[id] = isIn }
            if isIn { try body(try Self.interval(statement, flow, first: first, last: last, isOpen: isOpen)) }
        }
        for cluster in clusters {
            try forEachClosed(cluster, cluster.chunks(covering: samples), port) { statement, first, last in
                try deliver(statement, first: first, last: last, isOpen: false)
            }
        }
        let open = try HotStatement(
            database,
            "SELECT \(Self.columns), first FROM open_interval WHERE first <= ?1"
                + (port == nil ? "" : " AND local_port = ?2"))
        open.bind(1, samples.upperBound)
        if let port { open.bind(2, Int(port)) }
        defer { open.reset() }
        while try open.next() {
            try deliver(open, first: Int(try open.number(8, as: Int32.self)), last: newest, isOpen: true)
        }
    }

    private func forEachClosed(
        _ cluster: IntervalCluster, _ chunks: ClosedRange<Int>, _ port: UInt16?,
        _ body: (HotStatement, Int, Int) throws -> Void
    ) throws {
        let select = "SELECT \(Self.columns), chunk, start, length FROM interval WHERE class = ?1 AND "
        func scan(_ statement: HotStatement) throws {
            defer { statement.reset() }
            while try statement.next() {
                let start: UInt32 = try statement.number(9)
                let length: UInt32 = try statement.number(10)
                let first = cluster.firstSample(ofChunk: Int(try statement.number(8, as: Int32.self))) + Int(start)
                try body(statement, first, first + Int(length))
            }
        }
        guard let port else {
            let statement = try HotStatement(database, select + "chunk BETWEEN ?2 AND ?3")
            statement.bind(1, cluster.number)
            statement.bind(2, chunks.lowerBound)
            statement.bind(3, chunks.upperBound)
            return try scan(statement)
        }
        let statement = try HotStatement(database, select + "chunk = ?2 AND local_port = ?3")
        for chunk in try existing(chunks, of: cluster) {
            statement.bind(1, cluster.number)
            statement.bind(2, chunk)
            statement.bind(3, Int(port))
            try scan(statement)
        }
    }

    /// The part of a range of chunks that the table has: asking for a port is one seek a chunk.
    private func existing(_ chunks: ClosedRange<Int>, of cluster: IntervalCluster) throws -> ClosedRange<Int> {
        let bounds = try HotStatement(
            database,
            """
            SELECT ifnull((SELECT min(chunk) FROM interval WHERE class = ?1), 0),
                   ifnull((SELECT max(chunk) FROM interval WHERE class = ?1), 0)
            """)
        bounds.bind(1, cluster.number)
        defer { bounds.reset() }
        guard try bounds.next() else { return chunks }
        let lower = max(chunks.lowerBound, bounds.int(0))
        return lower...max(lower, min(chunks.upperBound, bounds.int(1)))
    }

    /// The duration classes that the table has: a loose index scan, one seek each.
    private static func clusters(in database: Database) throws -> [IntervalCluster] {
        let statement = try HotStatement(database, "SELECT min(class) FROM interval WHERE class > ?1")
        let isThere = try HotStatement(database, "SELECT 1 FROM interval WHERE class = ?1 LIMIT 1")
        var clusters: [IntervalCluster] = []
        var number = -1
        while true {
            statement.bind(1, number)
            guard try statement.next() else { break }
            let next = statement.int(0)
            statement.reset()
            isThere.bind(1, next)
            let exists = try isThere.next()
            isThere.reset()
            if next <= number || !exists { break }
            clusters.append(try IntervalCluster(stored: next))
            number = next
        }
        return clusters
    }

    /// The closed interval in which a socket goes on; `nil` when that one is still open.
    func successor(of interval: SocketInterval) throws -> SocketInterval? {
        let first = interval.last + 1
        let flow = try flows.flow(interval.flow)
        for cluster in clusters {
            let chunk = cluster.chunk(of: first)
            let statement = try HotStatement(
                database,
                """
                SELECT \(Self.columns), length FROM interval
                WHERE class = ?1 AND chunk = ?2 AND local_port = ?3 AND start = ?4 AND flow = ?5 AND remote_port = ?6 AND age = ?7
                """)
            statement.bind(1, cluster.number)
            statement.bind(2, chunk)
            statement.bind(3, Int(interval.local.port))
            statement.bind(4, first - cluster.firstSample(ofChunk: chunk))
            statement.bind(5, interval.flow)
            statement.bind(6, flow.remotePort == 0 ? Int(interval.remote.port) : 0)
            statement.bind(7, first - interval.socketFirst)
            defer { statement.reset() }
            while try statement.next() {
                let last = first + Int(try statement.number(8, as: UInt32.self))
                let next = try Self.interval(statement, flow, first: first, last: last, isOpen: false)
                if interval.isSameSocket(as: next) { return next }
            }
        }
        return nil
    }

    private static func interval(
        _ statement: HotStatement, _ flow: FlowReader.Flow, first: Int, last: Int, isOpen: Bool
    ) throws -> SocketInterval {
        let kind = IntervalKind(rawValue: statement.int(3))
        let remotePort: UInt16 = flow.remotePort == 0 ? try statement.number(2) : flow.remotePort
        let age: UInt32 = try statement.number(6)
        var interval = SocketInterval(
            namespace: flow.namespace, table: flow.table, state: kind.state, role: kind.role,
            local: Endpoint(flow.local, try statement.number(0)), remote: Endpoint(flow.remote, remotePort),
            inode: UInt64(truncatingIfNeeded: statement.int(4)), holder: statement.int(5), first: first, last: last,
            socketFirst: first - Int(age), isOpen: isOpen, timeWaitAge: Int(try statement.number(7, as: UInt16.self)))
        interval.flow = statement.int(1)
        interval.isContinued = kind.isContinued
        return interval
    }
}

extension SocketInterval {
    /// Sockets that share their endpoints (listeners, UDP) are told apart by their inodes.
    fileprivate func isSameSocket(as other: SocketInterval) -> Bool {
        let isConnectedTCP = table.transport == .tcp && state != .listen && state != .close
        return isConnectedTCP || inode == other.inode
    }
}
