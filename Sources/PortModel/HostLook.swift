/// What was seen of one network namespace at one moment, besides any history.
public struct HostLook: Sendable {
    /// The wall clock.
    public var at: Timestamp
    /// CLOCK_BOOTTIME at the same moment, in milliseconds.
    public var bootClock: Int64
    /// The boot, /proc/sys/kernel/random/boot_id; empty where it could not be read.
    public var bootID: String
    /// The host's name.
    public var host: String
    /// The limits in force.
    public var limits: PortLimits
    /// The addresses that bind() takes; `nil` where they could not be read.
    public var addresses: LocalAddresses?
    /// The sockets in the kernel's order, each once, with the roles that they suggest themselves.
    public var sockets: [BoundSocket]
    /// Whether TCP sockets that are bound and no more are among them.
    public var showsBound: Bool
    /// Who holds a socket, by its inode, as far as it was asked.
    public var owners: [UInt64: Ownership] = [:]
    /// How many processes could not be looked into.
    public var permissionDenied = 0

    /// A look of its parts.
    public init(
        at: Timestamp, bootClock: Int64, bootID: String = "", host: String, limits: PortLimits,
        addresses: LocalAddresses?,
        sockets: [BoundSocket], showsBound: Bool = false
    ) {
        self.at = at
        self.bootClock = bootClock
        self.bootID = bootID
        self.host = host
        self.limits = limits
        self.addresses = addresses
        self.sockets = sockets
        self.showsBound = showsBound
    }
}
