import PortHistory
import PortModel

/// A sample: when it was taken, what it cost, what went wrong.
public struct SampleRow: Hashable, Sendable, Encodable {
    private let sample: SampleRecord

    init(_ sample: SampleRecord) { self.sample = sample }

    /// Its number.
    public var number: Int { sample.number }
    /// When it was taken.
    public var takenAt: Timestamp { sample.takenAt }
    /// The boot; `nil` where it could not be read.
    public var bootID: String? { sample.bootID.isEmpty ? nil : sample.bootID }
    /// CLOCK_BOOTTIME when it was taken, in milliseconds.
    public var bootClockMilliseconds: Int64 { sample.bootClock }
    /// How long it took, in milliseconds.
    public var durationMilliseconds: Double { sample.durationMilliseconds }
    /// The CPU time that it took, in milliseconds.
    public var cpuMilliseconds: Double { sample.cpuMilliseconds }
    /// The recorder's interval, in milliseconds.
    public var intervalMilliseconds: Int { sample.intervalMilliseconds }
    /// How many sockets it saw.
    public var sockets: Int { sample.sockets }
    /// What it could not see.
    public var errors: StatusReport.Errors {
        StatusReport.Errors(permissionDenied: sample.permissionDenied, malformed: sample.malformed)
    }
    /// How many ticks before it left no sample.
    public var missed: Int { sample.missed }
    /// `ListenOverflows` of /proc/net/netstat, since the boot.
    public var listenOverflows: Int64 { sample.listenOverflows }
    /// `ListenDrops` of /proc/net/netstat, since the boot.
    public var listenDrops: Int64 { sample.listenDrops }
    /// `TCPTimeWaitOverflow` of /proc/net/netstat, since the boot.
    public var timeWaitOverflow: Int64 { sample.timeWaitOverflow }

    private enum CodingKeys: String, CodingKey {
        case number, sockets, errors, missed
        case takenAt = "taken_at"
        case bootID = "boot_id"
        case bootClockMilliseconds = "boot_clock_ms"
        case durationMilliseconds = "duration_ms"
        case cpuMilliseconds = "cpu_ms"
        case intervalMilliseconds = "interval_ms"
        case listenOverflows = "listen_overflows"
        case listenDrops = "listen_drops"
        case timeWaitOverflow = "time_wait_overflow"
    }

    /// Encodes every field; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encode(takenAt.rfc3339, forKey: .takenAt)
        try container.encode(orNull: bootID, forKey: .bootID)
        try container.encode(bootClockMilliseconds, forKey: .bootClockMilliseconds)
        try container.encode(durationMilliseconds, forKey: .durationMilliseconds)
        try container.encode(cpuMilliseconds, forKey: .cpuMilliseconds)
        try container.encode(intervalMilliseconds, forKey: .intervalMilliseconds)
        try container.encode(sockets, forKey: .sockets)
        try container.encode(errors, forKey: .errors)
        try container.encode(missed, forKey: .missed)
        try container.encode(listenOverflows, forKey: .listenOverflows)
        try container.encode(listenDrops, forKey: .listenDrops)
        try container.encode(timeWaitOverflow, forKey: .timeWaitOverflow)
    }
}

/// The samples of a period, by number.
public struct SampleExport: Export {
    /// From when on everything is told, where that is later than the beginning of the period.
    public let keptSince: Timestamp?
    private var pages: SamplePages

    /// Begins an export.
    ///
    /// - Throws: ``NoSampleError`` when there is nothing of the period.
    public init(_ view: HistoryView, _ query: ExportQuery) throws {
        let period = try KeptPeriod(view, query.period)
        keptSince = period.since
        pages = SamplePages(in: period.samples)
    }

    /// Reads the next page.
    public mutating func next(_ view: HistoryView, _ limit: PageLimit) throws -> ExportPage<SampleRow> {
        var rows: [SampleRow] = []
        let hasMore = try pages.next(view, limit) { rows.append(SampleRow($0)) }
        return ExportPage(rows: rows, isLast: !hasMore)
    }
}
