import PortHistory
import PortModel

/// Port risks of a host before they bite: `portlog doctor`.
public struct DoctorReport: Encodable, Sendable {
    /// `doctor`.
    public var command = "doctor"
    /// The host.
    public var host: String
    /// The moment looked at.
    public var at: Timestamp
    /// How many findings the limit left out.
    public var omitted = 0
    /// The findings, the most severe first.
    public var findings: [Finding]

    /// One risk.
    public struct Finding: Encodable, Sendable {
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
    }

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

    /// The findings about a scene.
    ///
    /// - Parameters:
    ///   - history: what a history tells of the time before; `nil` without one.
    ///   - namespaces: how many other network namespaces processes live in; `nil` where that is not known.
    ///   - limit: how many findings at most; 0: all.
    public init(_ scene: PortScene, history: DoctorHistory?, namespaces: Int?, limit: Int = 0) {
        host = scene.host
        at = scene.at
        let all =
            (PortChecks(scene).findings
            + RecordingChecks(scene, history, foreignNamespaces: namespaces).findings)
            .sorted { $0.severity < $1.severity }
        findings = Array(all.limited(to: limit))
        omitted = all.count - findings.count
    }
}
