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
    /// What the recorder is losing now.
    public var loss: RecorderLoss?
    /// What is known of the file without asking SQLite.
    public var database: DatabaseFacts

    /// A question of its parts.
    public init(
        at: Timestamp? = nil, filter: SocketFilter = SocketFilter(), limit: Int = 0, recording: Bool,
        loss: RecorderLoss? = nil, database: DatabaseFacts
    ) {
        self.at = at
        self.filter = filter
        self.limit = limit
        self.recording = recording
        self.loss = loss
        self.database = database
    }
}

/// What is known of a database's file from outside.
public struct DatabaseFacts: Hashable, Sendable {
    /// Where it is.
    public var path: String
    /// What it takes on the disk, with its write-ahead log.
    public var bytes: Int64

    /// Facts of a file.
    public init(path: String, bytes: Int64) {
        self.path = path
        self.bytes = bytes
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
    /// The network namespaces that were recorded then, the recorder's own first.
    public var namespaces: [Namespace]
    /// How many ticks left no sample, as far back as samples are kept.
    public var missedSamples: Int
    /// What the recorder is losing now; `nil` while all is well.
    @ExplicitNull public var losing: Loss?
    /// The file.
    public var database: DatabaseDocument
    /// How many sockets there are, by namespace, protocol, family and state.
    public var totals: [Total]
    /// Alerts that last, and what has become of deliveries.
    public var alerts: Alerts
    /// How many totals the limit left out.
    public var omitted: Int

    private enum CodingKeys: String, CodingKey {
        case command, host, at, recording, namespaces, losing, database, totals, alerts, omitted
        case lastSample = "last_sample"
        case intervalMilliseconds = "interval_ms"
        case missedSamples = "missed_samples"
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample at that moment.
    public static func make(_ view: HistoryView, _ query: StatusQuery) throws -> StatusReport {
        let instant = try Instant(view, at: query.at)
        guard let sample = try view.sample(instant.number) else { throw NoSampleError.empty }
        var counter = Counter()
        try view.intervals(in: sample.number...sample.number, matching: query.filter) { counter.count($0) }
        let totals = try counter.totals(namespaceName: view.namespaceName)
        let shown = totals.limited(to: query.limit)
        return StatusReport(
            host: try view.host(), at: instant.at, recording: query.recording, lastSample: Sample(sample),
            intervalMilliseconds: sample.intervalMilliseconds, namespaces: try namespaces(view, sample),
            missedSamples: try view.missedSamples(),
            losing: query.loss.map(Loss.init), database: try DatabaseDocument(query.database, view),
            totals: Array(shown), alerts: try Alerts(view), omitted: totals.count - shown.count)
    }

    private static func namespaces(_ view: HistoryView, _ sample: SampleRecord) throws -> [Namespace] {
        var limits: [Int: PortLimits] = [:]
        for change in try view.limits(in: sample.number...sample.number) { limits[change.namespace] = change.limits }
        return try view.namespaces(at: sample.number).map { namespace in
            Namespace(
                name: namespace.name,
                intervalMilliseconds: sample.number == view.newestNumber
                    ? sample.intervalMilliseconds * namespace.pause : nil,
                assumed: limits[namespace.number]?.assumed ?? true)
        }
    }

    /// Alerts that last, and what has become of deliveries.
    public struct Alerts: Hashable, Sendable, Encodable {
        /// How many have not ended.
        public var open: Int
        /// How many turns of alerts this recorder has handed over to the program and the socket that it was told.
        public var delivered: Int
        /// How many could not be handed over.
        public var failed: Int
        /// How many were given up because too many were waiting.
        public var dropped: Int
        /// How many alerts have not begun because too many lasted.
        public var suppressed: Int

        /// What the history knows.
        init(_ view: HistoryView) throws {
            open = try view.openAlerts()
            delivered = try Int(view.setting("alerts_delivered") ?? 0)
            failed = try Int(view.setting("alerts_failed") ?? 0)
            dropped = try Int(view.setting("alerts_dropped") ?? 0)
            suppressed = try Int(view.setting("alerts_suppressed") ?? 0)
        }
    }

    /// A network namespace, and how it is recorded.
    public struct Namespace: Hashable, Sendable, Encodable {
        /// Its name.
        public var name: String
        /// From one reading to the next, in milliseconds, as long as it has as many sockets as before; `nil` of a moment of the past,
        /// where that is no longer known.
        @ExplicitNull public var intervalMilliseconds: Int?
        /// Whether its sysctls could not be read, and are taken to be the kernel's defaults.
        public var assumed: Bool

        private enum CodingKeys: String, CodingKey {
            case name, assumed
            case intervalMilliseconds = "interval_ms"
        }
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

    /// Samples that the recorder cannot write.
    public struct Loss: Hashable, Sendable, Encodable {
        /// How many have been lost in a row.
        public var samples: Int
        /// When the first of them was due.
        public var since: Timestamp
        /// Why.
        public var cause: String

        init(_ loss: RecorderLoss) {
            samples = loss.samples
            since = loss.since
            cause = loss.cause
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
        /// When the oldest sample was taken that is kept: how far back full resolution reaches.
        @ExplicitNull public var firstSampleAt: Timestamp?
        /// How far back minutes reach.
        @ExplicitNull public var minutesSince: Timestamp?
        /// How far back hours reach.
        @ExplicitNull public var hoursSince: Timestamp?
        /// For how long every sample is kept, in milliseconds, if the budget allows.
        @ExplicitNull public var keepSamplesMilliseconds: Int64?
        /// Whether the budget has forced samples out before their time.
        public var isShortened: Bool
        /// How many samples there are in full resolution.
        public var samples: Int

        private enum CodingKeys: String, CodingKey {
            case path, bytes, schema, samples
            case budgetBytes = "budget_bytes"
            case firstSampleAt = "first_sample_at"
            case minutesSince = "minutes_since"
            case hoursSince = "hours_since"
            case keepSamplesMilliseconds = "keep_samples_ms"
            case isShortened = "shortened_by_budget"
        }

        init(_ facts: DatabaseFacts, _ view: HistoryView) throws {
            let oldest = try view.oldestSample()
            let newest = try view.newestSample()
            let reach = try view.reach()
            path = facts.path
            bytes = facts.bytes
            budgetBytes = try view.setting("budget_bytes")
            schema = view.schema
            firstSampleAt = oldest?.takenAt
            minutesSince = reach.minutes
            hoursSince = reach.hours
            keepSamplesMilliseconds = try view.setting("keep_samples_ms")
            samples = (newest?.number ?? 0) - (oldest?.number ?? 1) + 1
            isShortened = false
            if let oldest, let newest, oldest.number > 1, let keep = keepSamplesMilliseconds {
                // Retention gives up whole minutes.
                isShortened = newest.takenAt - oldest.takenAt < keep - 2 * RollupLevel.minute.milliseconds
            }
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
