/// What tells a process from others, whatever is known of it besides: it may have changed its user, its unit or its program.
public struct ProcessKey: Hashable, Sendable {
    private var pid: Int32
    private var startTicks: UInt64
    private var startedAt: Timestamp

    /// The key of a process.
    public init(_ owner: PortOwner) { (pid, startTicks, startedAt) = (owner.pid, owner.startTicks, owner.startedAt) }
}
