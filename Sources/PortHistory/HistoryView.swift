import GRDB
import PortModel

/// The history at one moment, inside one read transaction: ``HistoryReader/read(_:)`` lends it. Not to be kept.
public final class HistoryView {
    let database: Database
    let intervals: IntervalQuery
    let timeOfSample: HotStatement
    let rollups: RollupQuery
    private let holders: HolderReader
    private var namespaces: [Int: String] = [:]

    init(_ database: Database) throws {
        self.database = database
        rollups = RollupQuery(database: database)
        holders = try HolderReader(database)
        intervals = try IntervalQuery(database, FlowReader(database))
        timeOfSample = try HotStatement(database, "SELECT taken_at FROM sample WHERE number = ?1")
    }

    /// The number of the newest sample; 0 in an empty history.
    public var newestNumber: Int { intervals.newest }

    /// The number of the schema, as `PRAGMA user_version` gives it.
    public var schema: Int { HistoryConnection.schema }

    /// The host that was recorded: its name when the newest boot was first seen; empty in an empty history.
    public func host() throws -> String {
        try String.fetchOne(database, sql: "SELECT host FROM boot ORDER BY id DESC LIMIT 1") ?? ""
    }

    // MARK: - Samples

    /// The newest sample; `nil` in an empty history.
    public func newestSample() throws -> SampleRecord? { try sample("ORDER BY number DESC LIMIT 1") }

    /// The oldest sample; `nil` in an empty history.
    public func oldestSample() throws -> SampleRecord? { try sample("ORDER BY number LIMIT 1") }

    /// A sample by its number.
    public func sample(_ number: Int) throws -> SampleRecord? { try sample("WHERE number = ?", [number]) }

    /// The newest sample that was not taken after a moment.
    public func sample(notAfter moment: Timestamp) throws -> SampleRecord? {
        try sample("WHERE taken_at <= ? ORDER BY taken_at DESC, number DESC LIMIT 1", [moment.milliseconds])
    }

    /// When the samples of a range were taken. Samples that the history does not have are given the time of the next one.
    public func times(of samples: ClosedRange<Int>) throws -> SampleTimes {
        var wall: [Int64] = []
        var boot: [Int64] = []
        wall.reserveCapacity(samples.count)
        boot.reserveCapacity(samples.count)
        let statement = try HotStatement(
            database, "SELECT number, taken_at, boot_clock FROM sample WHERE number BETWEEN ? AND ? ORDER BY number")
        statement.bind(1, samples.lowerBound)
        statement.bind(2, samples.upperBound)
        defer { statement.reset() }
        while try statement.next() {
            let position = statement.int(0) - samples.lowerBound
            repeat {
                wall.append(Int64(statement.int(1)))
                boot.append(Int64(statement.int(2)))
            } while wall.count <= position
        }
        while wall.count < samples.count {
            wall.append(wall.last ?? 0)
            boot.append(boot.last ?? 0)
        }
        return SampleTimes(samples: samples, wall: wall, boot: boot)
    }

    /// How many ticks have left no sample, over the whole history.
    public func missedSamples() throws -> Int {
        try Int.fetchOne(database, sql: "SELECT total(missed) FROM sample") ?? 0
    }

    private func sample(_ condition: String, _ arguments: StatementArguments = []) throws -> SampleRecord? {
        try SampleTable.sample(condition, arguments, in: database)
    }

    // MARK: - Sockets

    /// Every socket of one sample, as it was recorded.
    public func sockets(at sample: Int, matching filter: SocketFilter = SocketFilter()) throws -> [SocketInterval] {
        var sockets: [SocketInterval] = []
        try intervals(in: sample...sample, matching: filter) { sockets.append($0) }
        return sockets
    }

    /// Every interval that overlaps a range of samples, in no order. It tells all as far as samples are kept; of what ended before
    /// that, listeners.
    public func intervals(
        in samples: ClosedRange<Int>, matching filter: SocketFilter = SocketFilter(),
        _ body: (SocketInterval) throws -> Void
    ) throws {
        try intervals(IntervalQuery.Search(samples: samples, localPort: filter.localPort), filter, body)
    }

    /// Every interval of a listener that overlaps a range of samples, in no order, also where samples are no longer kept: TCP
    /// listeners, and UDP sockets that serve somebody or share their address and port. UDP sockets without a peer that stand open are
    /// all among them.
    public func listeners(
        in samples: ClosedRange<Int>, matching filter: SocketFilter = SocketFilter(),
        _ body: (SocketInterval) throws -> Void
    ) throws {
        try intervals(
            IntervalQuery.Search(samples: samples, localPort: filter.localPort, tables: [.listeners]), filter, body)
    }

    private func intervals(
        _ search: IntervalQuery.Search, _ filter: SocketFilter, _ body: (SocketInterval) throws -> Void
    ) throws {
        try intervals.forEach(search, flow: { try isWanted($0, filter) }, body)
    }

    /// Whether a filter lets the sockets of a flow through.
    func isWanted(_ flow: FlowReader.Flow, _ filter: SocketFilter) throws -> Bool {
        try (filter.namespace == nil || filter.namespace == namespaceName(flow.namespace))
            && (filter.transport == nil || filter.transport == flow.table.transport)
    }

    /// The last sample that saw an interval's socket in any state; the newest sample while it is still there.
    public func lastSeen(_ interval: SocketInterval) throws -> Int {
        var last = interval
        while last.isContinued {
            // Where it does not go on among the closed ones it stands open.
            guard let next = try intervals.successor(of: last) else { return intervals.newest }
            last = next
        }
        return last.last
    }

    /// The later intervals of an interval's socket, in order.
    public func followUps(of interval: SocketInterval) throws -> [SocketInterval] {
        var result: [SocketInterval] = []
        var last = interval
        while last.isContinued {
            guard let next = try intervals.successor(of: last) else {
                // It goes on among the open ones.
                var filter = SocketFilter()
                filter.localPort = last.local.port
                try intervals(in: intervals.newest...intervals.newest, matching: filter) { open in
                    if open.isOpen, open.flow == last.flow, open.remote == last.remote,
                        open.socketFirst == last.socketFirst
                    {
                        result.append(open)
                    }
                }
                return result
            }
            result.append(next)
            last = next
        }
        return result
    }

    // MARK: - Words

    /// Who held a socket.
    public func holder(_ number: Int) throws -> Holder { try holders.holder(number) }

    /// The name of a namespace: `host` for the recorder's own.
    public func namespaceName(_ number: Int) throws -> String {
        if let name = namespaces[number] { return name }
        let name =
            try String.fetchOne(database, sql: "SELECT name FROM namespace WHERE id = ?", arguments: [number])
            ?? "namespace \(number)"
        namespaces[number] = name
        return name
    }

    /// The limits in force at the first of the samples, one entry a namespace, then what changed up to the last, by sample.
    public func limits(in samples: ClosedRange<Int>) throws -> [LimitsChange] {
        try LimitsTable.changes(in: samples, from: database)
    }
}
