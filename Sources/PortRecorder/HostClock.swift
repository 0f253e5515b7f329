import Glibc
import PortModel

/// The clocks that a recorder reads; a parameter, so that tests can make time pass.
public struct HostClock: Sendable {
    /// CLOCK_REALTIME.
    public var wall: @Sendable () -> Timestamp
    /// CLOCK_BOOTTIME in milliseconds: goes on while the host sleeps, never jumps.
    public var boot: @Sendable () -> Int64
    /// CPU time that this process has used, in milliseconds.
    public var cpu: @Sendable () -> Double

    /// A clock of three readings.
    public init(
        wall: @escaping @Sendable () -> Timestamp, boot: @escaping @Sendable () -> Int64,
        cpu: @escaping @Sendable () -> Double
    ) {
        self.wall = wall
        self.boot = boot
        self.cpu = cpu
    }

    /// The clocks of this host.
    public static let system = HostClock(
        wall: { Timestamp(milliseconds: Int64(read(CLOCK_REALTIME) / 1_000_000)) },
        boot: { Int64(read(CLOCK_BOOTTIME) / 1_000_000) },
        cpu: { Double(read(CLOCK_PROCESS_CPUTIME_ID)) / 1_000_000 })

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
