import PortHistory
import PortModel

/// What `who` asks.
public struct WhoQuery: Sendable {
    /// The port.
    public var port: UInt16
    /// When.
    public var period: PeriodQuery
    /// Which of the sockets on the port.
    public var filter: SocketFilter
    /// How many holders at most; 0: all.
    public var limit: Int

    /// A question of its parts.
    public init(
        port: UInt16, period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter(), limit: Int = 1000
    ) {
        self.port = port
        self.period = period
        self.filter = filter
        self.limit = limit
    }
}

/// Who held a port over a period, from when to when.
public struct WhoReport: Encodable, Sendable {
    /// `who`.
    public var command = "who"
    /// The recorded host.
    public var host: String
    /// The port asked for.
    public var port: UInt16
    /// The beginning of the period.
    public var since: Timestamp
    /// Its end.
    public var until: Timestamp
    /// How many sockets held the port.
    public var count: Int
    /// How many of them the limit left out, or are known by their number only: their samples are no longer kept.
    public var omitted: Int
    /// How many are known by their number only.
    public var untold: Int
    /// The processes that served the port, and how many of its connections each of them held last, of those that are listed.
    public var workers: [WorkerDocument]
    /// The sockets: listeners first, then the newest.
    public var holders: [Entry]

    /// A socket that held the port.
    public struct Entry: Hashable, Sendable, Encodable {
        /// The socket, in the state that it had last within the period.
        public var socket: SocketDocument
        /// What it was to the port.
        public var role: PortRole
        /// When it was first seen, also when that was before the period.
        public var from: Timestamp
        /// When it was last seen, also when that was after the period; `nil` while it lasts.
        public var to: Timestamp?

        private enum CodingKeys: String, CodingKey {
            case role, from, to
        }

        /// Encodes the socket's fields and its own as one object.
        public func encode(to encoder: any Encoder) throws {
            try socket.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(role, forKey: .role)
            try container.encode(from, forKey: .from)
            try container.encode(to, forKey: .to)
        }
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: WhoQuery) throws -> WhoReport {
        let period = try Period(view, query.period)
        let clock = SampleClock(view)
        var filter = query.filter
        filter.localPort = query.port
        let found = try PortHolders(view, period, filter, limit: query.limit)
        let shown = newest(query.limit, of: found.lives)
        let listeners = try found.listeners + earlierListeners(for: shown, view, period, filter, clock)
        let past = PastListeners(listeners, end: period.samples.upperBound)
        let newest = view.newestNumber
        let documents = SocketDocuments(view, clock: clock)
        let holders = try shown.map { life in
            let last = try view.lastSeen(life.newest)
            var socket = try documents.document(of: life.newest, lastSeen: last)
            if socket.owners.isEmpty, let known = try lastKnown(life, documents) {
                socket.owners = known.owners
                socket.attribution = known.attribution == .observed ? .inherited : known.attribution
            }
            return Entry(
                socket: socket, role: try past.role(of: life.newest) { try clock[$0] }, from: socket.firstSeen,
                to: last >= newest ? nil : socket.lastSeen)
        }
        return WhoReport(
            host: try view.host(), port: query.port, since: period.since, until: period.until, count: found.count,
            omitted: found.count - shown.count, untold: found.untold, workers: try workers(shown, view),
            holders: holders)
    }

    /// Who held a socket last of whom anything is known: a recorder with less privileges may have gone on.
    private static func lastKnown(_ life: SocketLife, _ documents: SocketDocuments) throws -> HolderDocument? {
        for holder in life.holdersBackwards.dropFirst() {
            let document = try documents.holder(holder)
            if !document.owners.isEmpty { return document }
        }
        return nil
    }

    private static func workers(_ lives: [SocketLife], _ view: HistoryView) throws -> [WorkerDocument] {
        var workers = Workers()
        for life in lives where life.newest.role == .accepted && life.newest.table.transport == .tcp {
            let ownership = try view.holder(life.newest.holder).ownership
            // What is concluded names all that come into question.
            if ownership.attribution == .inferred { continue }
            for owner in ownership.owners { workers.add(owner, life.newest.holder, connections: 1) }
        }
        for life in lives where life.newest.state == .listen {
            for owner in try view.holder(life.newest.holder).ownership.owners {
                workers.add(owner, life.newest.holder, connections: 0)
            }
        }
        return workers.busiestFirst.prefix(OwnerTally.most).map { $0 }
    }

    private enum CodingKeys: String, CodingKey {
        case command, host, port, since, until, count, omitted, workers, holders
    }

    /// The listeners before the period, from an hour before the first of the connections began.
    private static func earlierListeners(
        for lives: [SocketLife], _ view: HistoryView, _ period: Period, _ filter: SocketFilter, _ clock: SampleClock
    ) throws -> [SocketInterval] {
        let connections = lives.lazy.filter { !$0.newest.isListener }
        guard let earliest = connections.map(\.newest.socketFirst).min() else { return [] }
        let horizon = try clock[earliest] - PastListeners.memory
        let start = period.samples.lowerBound
        guard let first = try view.samples(since: horizon, until: period.since)?.lowerBound, first < start else {
            return []
        }
        var listeners: [SocketInterval] = []
        try view.listeners(in: first...(start - 1), matching: filter) { if $0.isListener { listeners.append($0) } }
        return listeners
    }

    /// So many of them, or all for 0: listeners first, then those that began last.
    static func newest(_ limit: Int, of lives: [SocketLife]) -> [SocketLife] {
        lives.indices
            .map { (rank: rank(lives[$0]), index: $0) }
            .sorted { a, b in
                a.rank == b.rank
                    ? lives[a.index].newest.isOrdered(before: lives[b.index].newest) : a.rank > b.rank
            }
            .limited(to: limit)
            .map { lives[$0.index] }
    }

    /// One number to sort by: listeners before others, then the first sample, then the last one.
    private static func rank(_ life: SocketLife) -> UInt64 {
        (life.newest.isListener ? 1 << 63 : 0) | UInt64(life.newest.socketFirst & 0x7fff_ffff) << 32
            | UInt64(life.last & 0xffff_ffff)
    }
}
