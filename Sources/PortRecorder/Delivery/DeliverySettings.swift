/// Where alerts go besides the history.
public struct DeliverySettings: Hashable, Sendable {
    /// Whether the journal gets them, with fields of its own.
    public var usesJournal = true
    /// A program and its arguments; empty: none.
    public var command: [String] = []
    /// How long it may run.
    public var timeout: Duration = .seconds(10)
    /// How many of it may run at once.
    public var concurrency = 2
    /// The path of a stream socket; empty: none.
    public var socket = ""

    /// The defaults.
    public init() {}
}

/// What has become of deliveries.
public struct DeliveryCounts: Hashable, Sendable {
    /// Handed over.
    public var delivered = 0
    /// A program that ended otherwise than with 0, took too long or could not be started; a socket that did not take it.
    public var failed = 0
    /// Given up because too many were waiting.
    public var dropped = 0

    /// None.
    public init() {}
}
