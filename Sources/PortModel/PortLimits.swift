/// The sysctls of one network namespace that decide how its ports may be used, and the kernel that interprets them.
///
/// Source: /proc/sys/net/ipv4/* and /proc/sys/net/ipv6/bindv6only; Documentation/networking/ip-sysctl.rst.
public struct PortLimits: Hashable, Sendable {
    /// `ip_local_port_range`: where the kernel chooses ports from.
    public var range: PortRange = .standard
    /// `ip_local_reserved_ports`: never chosen by the kernel, free to be bound explicitly.
    public var reserved = PortSet()
    /// `ip_unprivileged_port_start`: below it bind() needs CAP_NET_BIND_SERVICE. Default 1024.
    public var unprivilegedStart: Int = 1024
    /// `tcp_tw_reuse`: 0 never, 1 always, 2 on loopback only (the default).
    public var timeWaitReuse: Int = 2
    /// `tcp_tw_reuse_delay` in milliseconds: how long a TIME_WAIT must have lasted. Kernels before 6.14 lack the sysctl:
    /// there it is the next whole second, held here as 1000.
    public var timeWaitReuseDelay: Int = 1000
    /// `tcp_max_tw_buckets`: above it the kernel drops TIME_WAIT sockets at once.
    public var maxTimeWait: Int = 262_144
    /// `tcp_timestamps`: 0 means that no TIME_WAIT is ever reusable.
    public var timestamps: Int = 1
    /// `tcp_fin_timeout` in seconds: how long an orphan stays in FIN_WAIT_2.
    public var finTimeout: Int = 60
    /// `ip_autobind_reuse`: true lets bind(0) with SO_REUSEADDR share ports.
    public var autobindReuse: Bool = false
    /// `ip_nonlocal_bind`: true lets bind() take addresses that are not local.
    public var nonlocalBind: Bool = false
    /// `bindv6only`: true makes new IPv6 sockets refuse IPv4 unless they ask otherwise.
    public var bindV6Only: Bool = false
    /// The release of the running kernel, `kernel/osrelease`; empty when unknown.
    public var kernelRelease: String = ""
    /// True when the values could not be read and are the kernel's defaults.
    public var assumed: Bool = false

    /// The kernel's defaults.
    public init() {}

    /// How many ports the kernel may choose from: the range less the reserved.
    public var choosable: Int { range.count - reserved.count(in: range) }
    /// Whether the kernel may ever choose the port by itself.
    public func mayChoose(_ port: UInt16) -> Bool { range.contains(port) && !reserved.contains(port) }
    /// The version of ``kernelRelease``; the newest known where it cannot be read.
    public var kernel: KernelVersion { KernelVersion(release: kernelRelease) ?? KernelVersion(6, 18) }
}
