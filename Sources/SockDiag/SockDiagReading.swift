/// The sockets of one network namespace as sock_diag told of them.
public struct SockDiagReading: Sendable {
    /// One entry a socket, in the order of the tables and of the kernel. A dump under churn can give a socket twice, or pass one over.
    public internal(set) var sockets: [DiagSocket] = []
    /// Messages that were passed over: of a state that no table knows.
    public internal(set) var malformed = 0
    /// NLM_F_DUMP_INTR: the kernel says that what it went through has changed meanwhile. (Of sockets it does not, up to Linux 6.18.)
    public internal(set) var isInterrupted = false

    /// A reading without sockets.
    public init() {}
}
