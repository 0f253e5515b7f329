import PortHistory
import PortModel

/// What `conflicts` asks.
public struct ConflictsQuery: Sendable {
    /// When.
    public var period: PeriodQuery
    /// Of which sockets.
    public var filter: SocketFilter
    /// How many conflicts at most; 0: all.
    public var limit: Int

    /// A question of its parts.
    public init(period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter(), limit: Int = 1000) {
        self.period = period
        self.filter = filter
        self.limit = limit
    }
}

/// Listen conflicts and port thefts over a period.
public struct ConflictsReport: Encodable, Sendable {
    /// `conflicts`.
    public var command = "conflicts"
    /// The recorded host.
    public var host: String
    /// The beginning of the period.
    public var since: Timestamp
    /// Its end.
    public var until: Timestamp
    /// How many the limit left out.
    public var omitted: Int
    /// The conflicts, the worst first, then the newest: one for each kind, namespace, protocol, address and port.
    public var conflicts: [Entry]

    /// A conflict.
    public struct Entry: Hashable, Sendable, Encodable {
        /// What went wrong.
        public var kind: ConflictKind
        /// How bad it is.
        public var severity: ConflictSeverity
        /// The name of the namespace.
        public var namespace: String
        /// TCP or UDP.
        public var transport: TransportProtocol
        /// The address in question; a mapped one is shown as IPv4.
        public var address: String
        /// The port.
        public var port: UInt16
        /// The sockets that have a part in it, the one to look at first.
        public var parties: [SocketDocument]
        /// How many more have.
        public var partiesOmitted: Int
        /// The first sample of the period in which it was so.
        public var firstSeen: Timestamp
        /// The last one.
        public var lastSeen: Timestamp
        /// How often it came about in the period.
        public var occurrences: Int
        /// What happened, in one or two sentences.
        public var explanation: String
        /// What to do, a line each.
        public var remedies: [String]

        private enum CodingKeys: String, CodingKey {
            case kind, severity, namespace, address, port, parties, occurrences, explanation, remedies
            case transport = "protocol"
            case partiesOmitted = "parties_omitted"
            case firstSeen = "first_seen"
            case lastSeen = "last_seen"
        }
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: ConflictsQuery) throws -> ConflictsReport {
        let period = try Period(view, query.period)
        let findings = try ConflictSearch(view, period, query.filter).findings()
        let shown = findings.sorted { $0.isOrdered(before: $1) }.limited(to: query.limit)
        let documents = SocketDocuments(view)
        return ConflictsReport(
            host: try view.host(), since: period.since, until: period.until, omitted: findings.count - shown.count,
            conflicts: try shown.map { try entry($0, view, period, documents) })
    }

    private static func entry(
        _ finding: ConflictFinding, _ view: HistoryView, _ period: Period, _ documents: SocketDocuments
    ) throws -> Entry {
        Entry(
            kind: finding.kind, severity: finding.severity,
            namespace: try view.namespaceName(finding.key.namespace), transport: finding.key.transport,
            address: finding.key.local.address.description, port: finding.key.local.port,
            parties: try finding.parties.map { life in
                try documents.document(
                    of: life.newest, firstSeen: min(life.first, life.newest.socketFirst), showsMappedAsIPv4: true)
            },
            partiesOmitted: finding.partiesOmitted, firstSeen: try documents.clock[finding.first],
            lastSeen: try documents.clock[finding.last], occurrences: finding.occurrences,
            explanation: finding.explanation,
            remedies: finding.remedies)
    }
}
