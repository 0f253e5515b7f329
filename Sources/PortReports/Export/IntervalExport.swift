import PortHistory
import PortModel

/// An interval of a socket: from when to when it stood in one state with one owner.
public struct IntervalDocument: Hashable, Sendable, Encodable {
    /// The socket; last seen at the end of the interval.
    public var socket: SocketDocument
    /// The first sample of the interval.
    public var from: Timestamp
    /// The last sample of the interval; `nil` while it lasts.
    public var to: Timestamp?

    private enum CodingKeys: String, CodingKey {
        case from, to
    }

    /// Encodes the socket's fields and its own as one object.
    public func encode(to encoder: any Encoder) throws {
        try socket.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from.rfc3339, forKey: .from)
        try container.encode(orNull: to?.rfc3339, forKey: .to)
    }
}

/// The sockets of a period, one row an interval.
public struct SocketExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period.
    public let keptSince: Timestamp?
    private var documents: IntervalDocuments

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        let period = try KeptPeriod(view, query.period)
        keptSince = period.since
        documents = IntervalDocuments(
            try IntervalPages.sockets(view, in: period.samples, matching: query.filter))
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<IntervalDocument> {
        try documents.next(view, limit)
    }
}

/// The listeners of a period, one row an interval, as far back as listeners are kept.
public struct ListenerExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period.
    public let keptSince: Timestamp?
    private var documents: IntervalDocuments

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        let period = try Period(view, query.period)
        let pages = try IntervalPages.listeners(view, in: period.samples, matching: query.filter)
        keptSince = period.samples.lowerBound < pages.oldest ? try view.time(of: pages.oldest) : nil
        documents = IntervalDocuments(pages)
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<IntervalDocument> {
        try documents.next(view, limit)
    }
}

/// Makes documents of the intervals of pages. What it remembers is bounded.
private struct IntervalDocuments {
    private static let mostTimes = 16_384

    private var pages: IntervalPages
    private var times: [Int: Timestamp] = [:]

    init(_ pages: IntervalPages) { self.pages = pages }

    mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<IntervalDocument> {
        var holders: [Int: HolderDocument] = [:]
        var rows: [IntervalDocument] = []
        var pages = pages
        let hasMore = try pages.next(view, limit) { interval in
            let holder = try holders[interval.holder] ?? HolderDocument(view.holder(interval.holder))
            holders[interval.holder] = holder
            let last = try time(of: interval.last, view)
            let socket = SocketDocument(
                interval, namespace: try view.namespaceName(interval.namespace), holder: holder,
                firstSeen: try time(of: interval.socketFirst, view), lastSeen: last)
            rows.append(
                IntervalDocument(
                    socket: socket, from: try time(of: interval.first, view), to: interval.isOpen ? nil : last))
        }
        self.pages = pages
        return ExportPage(rows: rows, isLast: !hasMore)
    }

    private mutating func time(of sample: Int, _ view: HistoryView) throws -> Timestamp {
        if let time = times[sample] { return time }
        if times.count >= Self.mostTimes { times.removeAll(keepingCapacity: true) }
        let time = try view.time(of: sample)
        times[sample] = time
        return time
    }
}
