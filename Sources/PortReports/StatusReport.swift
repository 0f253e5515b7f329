import PortHistory
import PortModel

/// What `status` asks.
public struct StatusQuery: Sendable {
    /// The moment; `nil`: the newest sample.
    public var at: Timestamp?
    /// Of which sockets the totals are.
    public var filter: SocketFilter
    /// How many totals at most; 0: all.
    public var limit: Int
    /// Whether a recorder holds the database now.
    public var recording: Bool
    /// What is known of the file without asking SQLite.
    public var database: DatabaseFacts

    /// A question of its parts.
    public init(
        at: Timestamp? = nil, filter: SocketFilter = SocketFilter(), limit: Int = 0, recording: Bool,
        database: DatabaseFacts
    ) {
        self.at = at
        self.filter = filter
        self.limit = limit
        self.recording = recording
        self.database = database
    }
}

/// What is known of a database's file from outside.
public struct DatabaseFacts: Hashable, Sendable {
    /// Where it is.
    public var path: String
    /// What it takes on the disk, with its write-ahead log.
    public var bytes: Int64
    /// What it may take; `nil` without a budget.
    public var budgetBytes: Int64?

    /// Facts of a file.
    public init(path: String, bytes: Int64, budgetBytes: Int64? = nil) {
        self.path = path
        self.bytes = bytes
        self.budgetBytes = budgetBytes
    }
}

/// Is it recording, since when, how large, what it costs, and how many sockets there are in which state.
public struct StatusReport: Encodable, Sendable {
    /// `status`.
    public var command = "status"
    /// The recorded host.
    public var host: String
    /// The moment asked for.
    public var at: Timestamp
    /// Whether a recorder holds the database now: its lock, not the age of the last sample.
    public var recording: Bool
    /// The sample that answers.
    public var lastSample: Sample
    /// The interval between samples, in milliseconds.
    public var intervalMilliseconds: Int
    /// How many ticks left no sample, over the whole history.
    public var missedSamples: Int
    /// The file.
    public var database: DatabaseDocument
    /// How many sockets there are, by namespace, protocol, family and state.
    public var totals: [Total]
    /// How many totals the limit left out.
    public var omitted: Int

    private enum CodingKeys: String, CodingKey {
        case command, host, at, recording, database, totals, omitted
        case lastSample = "last_sample"
        case intervalMilliseconds = "interval_ms"
        case missedSamples = "missed_samples"
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample at that moment.
    public static func make(_ view: HistoryView, _ query: StatusQuery) throws -> StatusReport {
        let instant = try Instant(view, at: query.at)
        let sample = instant.sample
        var counter = Counter()
        try view.intervals(in: sample.number...sample.number, matching: query.filter) { counter.count($0) }
        let totals = try counter.totals(namespaceName: view.namespaceName)
        let shown = totals.limited(to: query.limit)
        return StatusReport(
            host: try view.host(), at: instant.at, recording: query.recording, lastSample: Sample(sample),
            intervalMilliseconds: sample.intervalMilliseconds, missedSamples: try view.missedSamples(),
            database: try DatabaseDocument(query.database, view),
            totals: Array(shown), omitted: totals.count - shown.count)
    }

    /// A sample, and what it cost.
    public struct Sample: Hashable, Sendable, Encodable {
        /// Its number.
        public var number: Int
        /// When it was taken.
        public var takenAt: Timestamp
        /// How long it took, in milliseconds.
        public var durationMilliseconds: Double
        /// The CPU time that it took, in milliseconds.
        public var cpuMilliseconds: Double
        /// How many sockets it saw.
        public var sockets: Int
        /// What it could not see.
        public var errors: Errors

        private enum CodingKeys: String, CodingKey {
            case number, sockets, errors
            case takenAt = "taken_at"
            case durationMilliseconds = "duration_ms"
            case cpuMilliseconds = "cpu_ms"
        }

        init(_ sample: SampleRecord) {
            number = sample.number
            takenAt = sample.takenAt
            durationMilliseconds = sample.durationMilliseconds
            cpuMilliseconds = sample.cpuMilliseconds
            sockets = sample.sockets
            errors = Errors(permissionDenied: sample.permissionDenied, malformed: sample.malformed)
        }
    }

    /// What a sample could not see.
    public struct Errors: Hashable, Sendable, Encodable {
        /// Processes that could not be looked into.
        public var permissionDenied: Int
        /// Rows that could not be read.
        public var malformed: Int

        private enum CodingKeys: String, CodingKey {
            case permissionDenied = "permission_denied"
            case malformed
        }
    }

    /// The file and what is in it.
    public struct DatabaseDocument: Hashable, Sendable, Encodable {
        /// Where it is.
        public var path: String
        /// What it takes on the disk.
        public var bytes: Int64
        /// What it may take.
        @ExplicitNull public var budgetBytes: Int64?
        /// The number of its schema.
        public var schema: Int
        /// When the oldest sample was taken.
        @ExplicitNull public var firstSampleAt: Timestamp?
        /// How many samples there are in full resolution.
        public var samples: Int

        private enum CodingKeys: String, CodingKey {
            case path, bytes, schema, samples
            case budgetBytes = "budget_bytes"
            case firstSampleAt = "first_sample_at"
        }

        init(_ facts: DatabaseFacts, _ view: HistoryView) throws {
            let oldest = try view.oldestSample()
            let newest = try view.newestSample()
            path = facts.path
            bytes = facts.bytes
            budgetBytes = facts.budgetBytes
            schema = view.schema
            firstSampleAt = oldest?.takenAt
            samples = (newest?.number ?? 0) - (oldest?.number ?? 1) + 1
        }
    }

    /// How many sockets of one kind there are.
    public struct Total: Hashable, Sendable, Encodable {
        /// The name of the namespace.
        public var namespace: String
        /// The kernel's table: protocol and family.
        public var table: SocketTable
        /// The state.
        public var state: SocketState
        /// How many.
        public var count: Int

        /// `tcp` or `udp`.
        public var transport: TransportProtocol { table.transport }
        /// The state's name: `time_wait`.
        public var stateName: String { state.name(in: table.transport) }

        private enum CodingKeys: String, CodingKey {
            case namespace, family, state, count
            case transport = "protocol"
        }

        /// Encodes every field.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(namespace, forKey: .namespace)
            try container.encode(transport.rawValue, forKey: .transport)
            try container.encode(table.family.rawValue, forKey: .family)
            try container.encode(stateName, forKey: .state)
            try container.encode(count, forKey: .count)
        }
    }

    /// Counts sockets by kind.
    struct Counter {
        private struct Kind: Hashable {
            var namespace: Int
            var table: SocketTable
            var state: SocketState
        }

        private var counts: [Kind: Int] = [:]

        /// Counts a socket.
        mutating func count(_ interval: SocketInterval) {
            counts[Kind(namespace: interval.namespace, table: interval.table, state: interval.state), default: 0] += 1
        }

        /// The totals by namespace, protocol, family and state.
        func totals(namespaceName: (Int) throws -> String) rethrows -> [Total] {
            let kinds = counts.sorted { a, b in
                (a.key.namespace, a.key.table.rawValue, a.key.state.rawValue)
                    < (b.key.namespace, b.key.table.rawValue, b.key.state.rawValue)
            }
            return try kinds.map { kind, count in
                Total(namespace: try namespaceName(kind.namespace), table: kind.table, state: kind.state, count: count)
            }
        }
    }
}
