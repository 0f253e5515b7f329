import PortModel

/// Intervals of a period, read a page at a time, each in a transaction of its own, while a recorder goes on: exactly those that
/// there were when the reading began.
///
/// What stood open then is read at the beginning and held, 40 bytes a socket, because it may be closed between two pages. A closed
/// interval never changes. One that ends later than the last that could be closed then has stood open: it is not told again. What
/// retention removes meanwhile is not told.
public struct IntervalPages {
    /// The newest sample when the reading began.
    public let newest: Int
    /// The oldest sample of which everything was kept then that the pages tell.
    public let oldest: Int
    private let samples: ClosedRange<Int>
    private let filter: SocketFilter
    /// Intervals that were closed already ended no later.
    private let lastClosed: Int
    /// What stood open, from the next that is to be told on.
    private var open: ArraySlice<IntervalRow> = []
    /// The tables that are to be read, the one at hand first.
    private var tables: ArraySlice<IntervalTable>
    /// Where the table at hand has been read up to.
    private var position: IntervalPosition?

    /// Every interval that overlaps a range of samples, as ``HistoryView/intervals(in:matching:_:)`` tells.
    public static func sockets(
        _ view: HistoryView, in samples: ClosedRange<Int>, matching filter: SocketFilter = SocketFilter()
    ) throws -> IntervalPages {
        try IntervalPages(view, IntervalTable.allCases, samples, filter)
    }

    /// Every interval of a listener that overlaps a range of samples, as ``HistoryView/listeners(in:matching:_:)`` tells.
    public static func listeners(
        _ view: HistoryView, in samples: ClosedRange<Int>, matching filter: SocketFilter = SocketFilter()
    ) throws -> IntervalPages {
        try IntervalPages(view, [.listeners], samples, filter)
    }

    private init(
        _ view: HistoryView, _ tables: [IntervalTable], _ samples: ClosedRange<Int>, _ filter: SocketFilter
    ) throws {
        self.samples = samples
        self.filter = filter
        self.tables = tables[...]
        newest = view.newestNumber
        oldest = try view.oldestSample(of: tables.contains(.sockets) ? .sockets : .listeners)
        // A reboot closes everything at the newest sample, else an interval is closed by the sample after its last.
        lastClosed = try view.hasOpenIntervals() ? newest - 1 : newest
        if newest < samples.lowerBound { return }
        let search = IntervalQuery.Search(samples: samples, localPort: filter.localPort, tables: tables)
        let last = newest
        try view.intervals.forEachOpen(search) { statement, first in
            open.append(try IntervalRow(statement, first: first, last: last, isOpen: true))
        }
    }

    /// Reads the next page.
    ///
    /// - Returns: Whether there is more to come.
    public mutating func next(
        _ view: HistoryView, _ limit: PageLimit, _ body: (SocketInterval) throws -> Void
    ) throws -> Bool {
        var meter = PageMeter(limit)
        var reader = try RowReader(view, filter)
        while let row = open.first, let table = tables.first {
            if meter.isFull { return true }
            open.removeFirst()
            meter.look(isTaken: try reader.tell(row, of: table, body))
        }
        open = []
        while let table = tables.first {
            for cluster in try view.intervals.clusters(of: table) {
                let chunks = cluster.chunks(covering: samples)
                guard let start = start(of: cluster, chunks.lowerBound) else { continue }
                if meter.isFull { return true }
                position = start
                let end = cluster.stored(chunk: chunks.upperBound)
                let stop = try view.intervals.scan(table, cluster, after: start, upTo: end) { row, first, last in
                    let isIn = first <= samples.upperBound && last >= samples.lowerBound && last <= lastClosed
                    let isTaken =
                        try isIn
                        && reader.tell(IntervalRow(row, first: first, last: last, isOpen: false), of: table, body)
                    meter.look(isTaken: isTaken)
                    return meter.isFull
                }
                position = stop ?? IntervalPosition(behind: cluster)
                if stop != nil { return true }
            }
            tables.removeFirst()
            position = nil
        }
        return false
    }

    /// Where to go on in a class; `nil` when it has been read.
    private func start(of cluster: IntervalCluster, _ chunk: Int) -> IntervalPosition? {
        let first = IntervalPosition(before: chunk, of: cluster)
        guard let position else { return first }
        if position.cluster > cluster.upperBound { return nil }
        return position.cluster < first.cluster ? first : position
    }

    /// Makes intervals of rows, with the words that the transaction at hand has.
    private struct RowReader {
        private let view: HistoryView
        private let filter: SocketFilter
        private let oldest: [IntervalTable: Int]
        private var wanted: [Int32: Bool] = [:]

        init(_ view: HistoryView, _ filter: SocketFilter) throws {
            self.view = view
            self.filter = filter
            var oldest: [IntervalTable: Int] = [:]
            for table in IntervalTable.allCases { oldest[table] = try view.oldestSample(of: table) }
            self.oldest = oldest
        }

        /// Tells a row, if it is wanted.
        mutating func tell(
            _ row: IntervalRow, of table: IntervalTable, _ body: (SocketInterval) throws -> Void
        ) throws -> Bool {
            // What is no longer kept is about to be removed, and what it refers to may be gone already.
            if Int(row.last) < oldest[table] ?? 0 { return false }
            if let port = filter.localPort, row.localPort != port { return false }
            let flow = try view.intervals.flows.flow(Int(row.flow))
            if wanted[row.flow] == nil { wanted[row.flow] = try view.isWanted(flow, filter) }
            guard wanted[row.flow] == true else { return false }
            try body(row.interval(flow))
            return true
        }
    }
}
