/// When connect() may take over the four-tuple of a TIME_WAIT socket: `tcp_twsk_unique` in net/ipv4/tcp_ipv4.c.
///
/// It needs TCP timestamps on both ends (/proc shows only that this host uses them), `tcp_tw_reuse` 1, or 2 with a loopback
/// address on one end, and more than `tcp_tw_reuse_delay` in TIME_WAIT. Kernels before 6.14 compare whole seconds, with the
/// moment of the last segment: there a second is always enough, and sometimes less would be.
public struct TimeWaitReuse: Hashable, Sendable {
    /// How long TIME_WAIT lasts, in milliseconds: `TCP_TIMEWAIT_LEN`.
    public static let length: Int64 = 60_000
    /// How much older a TIME_WAIT must look than the delay, in milliseconds. /proc's timer counts hundredths of a second,
    /// rounded, from a kernel tick that is up to another hundredth late.
    public static let tolerance: Int64 = 20

    private let always: Bool
    private let onLoopback: Bool
    /// `tcp_tw_reuse_delay` in milliseconds.
    private let delay: Int64

    /// The rule under these limits.
    public init(_ limits: PortLimits) {
        always = limits.timestamps != 0 && limits.timeWaitReuse == 1
        onLoopback = limits.timestamps != 0 && limits.timeWaitReuse == 2
        delay = Int64(limits.timeWaitReuseDelay)
    }

    /// Whether TIME_WAITs of a destination are ever reusable.
    public func applies(to destination: Destination) -> Bool {
        always || (onLoopback && destination.isLoopback)
    }

    /// The age that a TIME_WAIT must exceed, in milliseconds.
    public var threshold: Int64 { delay + Self.tolerance }

    /// Whether a TIME_WAIT of a destination is reusable at an age in milliseconds.
    public func isReusable(_ destination: Destination, age: Int64) -> Bool {
        applies(to: destination) && age > threshold
    }
}
