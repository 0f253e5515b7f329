import PortHistory

/// What can be exported. The raw value is an interface: `--table`.
public enum ExportTable: String, CaseIterable, Sendable {
    /// Every socket: one row an interval, in which state and owner stay the same.
    case sockets
    /// The samples, with what they cost and what went wrong.
    case samples
    /// Listeners: one row an interval, kept longer than the other sockets.
    case listeners
    /// Outgoing destinations: one row for each minute, hour or day in which one changed.
    case destinations
    /// Alerts.
    case alerts
}

/// What `export` asks.
public struct ExportQuery: Sendable {
    /// When.
    public var period: PeriodQuery
    /// Which sockets, or destinations.
    public var filter: SocketFilter

    /// A question of its parts.
    public init(period: PeriodQuery = PeriodQuery(), filter: SocketFilter = SocketFilter()) {
        self.period = period
        self.filter = filter
    }
}
