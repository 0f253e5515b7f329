/// Who holds a socket, and how portlog knows.
public struct Ownership: Hashable, Sendable {
    /// The processes, by pid; empty exactly when ``attribution`` is unknown.
    public var owners: [PortOwner]
    /// How they are known.
    public var attribution: Attribution

    /// An ownership of processes, put in the order of their pids.
    public init(owners: [PortOwner], attribution: Attribution) {
        self.owners = owners.sorted { ($0.pid, $0.startTicks) < ($1.pid, $1.startTicks) }
        self.attribution = owners.isEmpty ? .unknown : attribution
    }

    /// Nobody is known.
    public static let unknown = Ownership(owners: [], attribution: .unknown)
}
