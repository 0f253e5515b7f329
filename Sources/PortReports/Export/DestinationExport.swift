import PortHistory
import PortModel

/// What became of an outgoing destination in a minute, hour or day in which it changed.
public struct DestinationRow: Hashable, Sendable, Encodable {
    /// How many there were over the samples of the minute, hour or day.
    public struct Level: Hashable, Sendable, Encodable {
        /// The mean, to a thousandth.
        public var mean: Double
        /// The most; of ports used at the highest utilization.
        public var max: Int
        /// When that was first.
        public var maxAt: Timestamp

        private enum CodingKeys: String, CodingKey {
            case mean, max
            case maxAt = "max_at"
        }

        init(_ row: SeriesRow, _ bucket: RollupBucket) {
            mean = (row.mean(samples: bucket.samples.count) * 1000).rounded() / 1000
            max = row.peak.level
            maxAt = bucket.since + row.peak.at
        }
    }

    /// `minute`, `hour` or `day`.
    public var resolution: String
    /// When the first sample of it was taken.
    public var at: Timestamp
    /// When the last one was taken.
    public var until: Timestamp
    /// How many samples it has.
    public var samples: Int
    /// The name of the namespace.
    public var namespace: String
    /// The source address; `nil`, like the peer's, for the destinations that are counted together.
    @ExplicitNull public var localAddress: String?
    /// The peer's address.
    @ExplicitNull public var remoteAddress: String?
    /// The peer's port.
    @ExplicitNull public var remotePort: UInt16?
    /// The ports used; `nil` where nothing changed.
    @ExplicitNull public var used: Level?
    /// How many ports there were then.
    @ExplicitNull public var capacity: Int?
    /// How many of these were used, 0 to 1.
    @ExplicitNull public var utilization: Double?
    /// The sockets in TIME_WAIT; `nil` where nothing changed.
    @ExplicitNull public var timeWait: Level?
    /// How many sockets came.
    @ExplicitNull public var opened: Int?
    /// How many went.
    @ExplicitNull public var closed: Int?

    private enum CodingKeys: String, CodingKey {
        case resolution, at, until, samples, namespace, used, capacity, utilization, opened, closed
        case localAddress = "local_address"
        case remoteAddress = "remote_address"
        case remotePort = "remote_port"
        case timeWait = "time_wait"
    }

    init(_ figures: DestinationFigures, namespace: String) {
        let bucket = figures.bucket
        resolution = bucket.level.name
        at = bucket.since
        until = bucket.until
        samples = bucket.samples.count
        self.namespace = namespace
        localAddress = figures.destination?.local.description
        remoteAddress = figures.destination?.remote.description
        remotePort = figures.destination?.remotePort
        used = figures.used.map { Level($0, bucket) }
        // Many destinations together have more than one range of ports.
        let peak = figures.destination == nil ? nil : figures.used?.peak
        capacity = peak?.capacity
        utilization = peak?.utilization
        timeWait = figures.timeWait.map { Level($0, bucket) }
        opened = figures.used?.opened
        closed = figures.used?.closed
    }
}

/// What became of the outgoing destinations in a period.
public struct DestinationExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period.
    public let keptSince: Timestamp?
    private var pages: DestinationPages

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        let period = try Period(view, query.period)
        pages = try DestinationPages(view, in: period.samples, matching: query.filter)
        let oldest = pages.oldest ?? view.newestNumber
        keptSince = period.samples.lowerBound < oldest ? try view.time(of: oldest) : nil
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<DestinationRow> {
        var rows: [DestinationRow] = []
        let hasMore = try pages.next(view, limit) { figures in
            rows.append(DestinationRow(figures, namespace: try view.namespaceName(figures.namespace)))
        }
        return ExportPage(rows: rows, isLast: !hasMore)
    }
}
