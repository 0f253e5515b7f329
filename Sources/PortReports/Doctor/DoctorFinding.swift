/// One risk that `doctor` found.
public struct DoctorFinding: Encodable, Sendable {
    /// What was looked at: `listener_in_range`.
    public var check: Check
    /// How bad it is.
    public var severity: Severity
    /// The namespace that it is about.
    public var namespace: String
    /// What is so, and what may come of it.
    public var explanation: String
    /// What to do.
    public var remedies: [String]

    /// What is looked at.
    public enum Check: String, Encodable, Sendable, CaseIterable {
        /// Listeners inside the ephemeral range that are not reserved.
        case listenerInRange = "listener_in_range"
        /// Destinations that have used, or nearly used, their ephemeral ports.
        case ephemeralUse = "ephemeral_use"
        /// A range too small for the rate of new connections.
        case rangeTooSmall = "range_too_small"
        /// Reserved ports that leave little of the range.
        case reservedPorts = "reserved_ports"
        /// Client-side TIME_WAIT that tcp_tw_reuse would make harmless.
        case timeWaitReuse = "time_wait_reuse"
        /// TIME_WAIT near the limit of the kernel.
        case timeWaitLimit = "time_wait_limit"
        /// Processes that could not be looked into.
        case privileges
        /// An interval in which connections come and go unseen.
        case interval
        /// Network namespaces that are not recorded.
        case namespaces
        /// No recorder, or an old history.
        case recorder
    }

    /// How bad a finding is.
    public enum Severity: String, Encodable, Sendable, Comparable {
        case critical
        case warning
        case info

        private var rank: Int { self == .critical ? 0 : self == .warning ? 1 : 2 }

        /// The worse is less.
        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    }
}
