/// The sockets of one network namespace at one moment, with the limits in force: what a sample reads.
public struct Snapshot: Sendable {
    /// The namespace. 0 is the recorder's own; other numbers are given by the recorder.
    public var namespace: Int
    /// Its name: `host` for the recorder's own.
    public var namespaceName: String
    /// One row a socket, in the kernel's order, as read: a row can be there twice.
    public var rows: [SocketRow]
    /// The limits in force.
    public var limits: PortLimits
    /// It is read with one of so many samples, as long as it has as many sockets as before: 1 for every sample.
    public var pause = 1

    /// A snapshot of its parts.
    public init(
        namespace: Int = 0, namespaceName: String = Snapshot.hostNamespace, rows: [SocketRow] = [],
        limits: PortLimits = PortLimits()
    ) {
        self.namespace = namespace
        self.namespaceName = namespaceName
        self.rows = rows
        self.limits = limits
    }

    /// The name of the recorder's own namespace.
    public static let hostNamespace = "host"
}
