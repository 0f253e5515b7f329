/// What would become of a bind().
public struct BindVerdict: Hashable, Sendable {
    /// How it ends.
    public enum Outcome: Hashable, Sendable {
        /// It succeeds.
        case succeeds
        /// It fails with an error.
        case fails(BindError)
        /// It succeeds or fails with EADDRINUSE: options decide that nothing shows.
        case depends
    }

    /// A socket that is in the way, or may be.
    public struct Blocker: Hashable, Sendable {
        /// Its index among the sockets that were asked about.
        public var index: Int
        /// It is certainly in the way.
        public var isCertain: Bool
        /// What nobody knows of it that decides; empty where it is certain.
        public var unknowns: Set<Unknown>
    }

    /// What may decide and is not known.
    public enum Unknown: Hashable, Sendable, CaseIterable {
        /// Its SO_REUSEADDR.
        case reuseAddress
        /// Its SO_REUSEPORT.
        case reusePort
        /// Its IPV6_V6ONLY.
        case v6Only
        /// Its SO_BINDTODEVICE.
        case interface
        /// The user whose socket it was.
        case user
        /// Which of several UDP sockets was bound last.
        case order
        /// Whether the kernel remembers the options of the last one that was bound.
        case memory
    }

    /// How it ends.
    public var outcome: Outcome
    /// What is in the way, in the order of the sockets.
    public var blockers: [Blocker] = []
    /// Whether the address is one of the host's is not known.
    public var dependsOnAddress = false

    /// A verdict without blockers.
    public init(outcome: Outcome) { self.outcome = outcome }
}

/// Why bind() fails.
public enum BindError: String, Hashable, Sendable {
    /// A socket is in the way.
    case addressInUse = "EADDRINUSE"
    /// The address is none of the namespace's.
    case addressNotAvailable = "EADDRNOTAVAIL"
    /// The address cannot be bound so: a group by TCP over IPv6, or one that counts on one interface alone without that interface.
    case invalid = "EINVAL"
    /// The port is one for privileged programs.
    case accessDenied = "EACCES"
}
