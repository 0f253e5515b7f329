import PortHistory
import PortModel

/// What `alerts` asks.
public struct AlertsQuery: Hashable, Sendable {
    /// When.
    public var period: PeriodQuery
    /// About which namespace and protocol.
    public var filter: SocketFilter
    /// Only those that last at the end of the period.
    public var isActive: Bool
    /// How many at most; 0: all.
    public var limit: Int

    /// A question of its parts.
    public init(
        period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter(), isActive: Bool = false,
        limit: Int = 1000
    ) {
        self.period = period
        self.filter = filter
        self.isActive = isActive
        self.limit = limit
    }
}

/// The alerts that lasted at some moment of a period, the worst first, then the newest.
public struct AlertsReport: Hashable, Encodable, Sendable {
    /// `alerts`.
    public var command = "alerts"
    /// The recorded host.
    public var host: String
    /// The beginning of the period.
    public var since: Timestamp
    /// Its end.
    public var until: Timestamp
    /// The alerts.
    public var alerts: [AlertDocument]
    /// How many the limit left out.
    public var omitted: Int

    private enum CodingKeys: String, CodingKey {
        case command, host, since, until, alerts, omitted
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample in the period.
    public static func make(_ view: HistoryView, _ query: AlertsQuery) throws -> AlertsReport {
        let period = try Period(view, query.period)
        // Alerts also begin while samples are being lost.
        let end = query.period.until == nil ? Timestamp(milliseconds: .max) : period.until
        var alerts = try view.alerts(since: period.since, until: end, matching: query.filter)
        if query.isActive { alerts = alerts.filter { !$0.ends(by: end) } }
        alerts.sort { ($1.severity, $1.openedAt, $1.id) < ($0.severity, $0.openedAt, $0.id) }
        let shown = alerts.limited(to: query.limit)
        return AlertsReport(
            host: try view.host(), since: period.since, until: period.until, alerts: shown.map { AlertDocument($0) },
            omitted: alerts.count - shown.count)
    }
}

extension Alert {
    /// Whether it has ended by a moment.
    fileprivate func ends(by moment: Timestamp) -> Bool { resolvedAt.map { $0 <= moment } ?? false }
}
