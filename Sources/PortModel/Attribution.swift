/// How portlog knows who owns a socket. The raw value is stored in the history and never changes its meaning.
public enum Attribution: UInt8, Hashable, Sendable, Codable {
    /// Nobody is known.
    case unknown = 0
    /// A process had a descriptor of the socket.
    case observed = 1
    /// Taken from an earlier row of the same four-tuple: TIME_WAIT and orphans have no descriptor.
    case inherited = 2
    /// Concluded from the service that listens there, or from the only program seen connecting there.
    case inferred = 3

    /// `unknown`, `observed`, `inherited`, `inferred`.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .observed: "observed"
        case .inherited: "inherited"
        case .inferred: "inferred"
        }
    }
}
