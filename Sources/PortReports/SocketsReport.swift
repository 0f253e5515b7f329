import PortHistory
import PortModel

/// What `sockets` and `listeners` ask.
public struct InstantQuery: Sendable {
    /// The moment; `nil`: the newest sample.
    public var at: Timestamp?
    /// Which sockets.
    public var filter: SocketFilter
    /// How many entries at most; 0: all.
    public var limit: Int

    /// A question of its parts.
    public init(at: Timestamp? = nil, filter: SocketFilter = SocketFilter(), limit: Int = 0) {
        self.at = at
        self.filter = filter
        self.limit = limit
    }
}

/// Every socket at one moment.
public struct SocketsReport: Encodable, Sendable {
    /// `sockets`.
    public var command = "sockets"
    /// The recorded host.
    public var host: String
    /// The moment asked for.
    public var at: Timestamp
    /// The sample that answers.
    public var sample: SampleDocument
    /// How many the limit left out.
    public var omitted: Int
    /// The sockets by protocol, family, local port, local address and peer.
    public var sockets: SocketList

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample at that moment.
    public static func make(_ view: HistoryView, _ query: InstantQuery) throws -> SocketsReport {
        let instant = try Instant(view, at: query.at)
        var found: [SocketInterval] = []
        let number = instant.number
        try view.intervals(in: number...number, matching: query.filter) { found.append($0) }
        found.sort { $0.isOrdered(before: $1) }
        let shown = found.limited(to: query.limit)
        return SocketsReport(
            host: try view.host(), at: instant.at, sample: instant.document, omitted: found.count - shown.count,
            sockets: try SocketList(shown, view))
    }
}

extension Array {
    /// The first entries, as many as a limit allows; 0 allows all.
    func limited(to limit: Int) -> ArraySlice<Element> {
        limit > 0 ? prefix(limit) : self[...]
    }
}
