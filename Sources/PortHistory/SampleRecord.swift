import PortModel

/// One sample as the history knows it: when it was taken, what it cost, what went wrong.
public struct SampleRecord: Hashable, Sendable {
    /// The number, counted from 1 without gaps. A tick that was missed has no number; see ``missed``.
    public var number: Int
    /// The wall clock when reading began.
    public var takenAt: Timestamp
    /// CLOCK_BOOTTIME at the same moment, in milliseconds.
    public var bootClock: Int64
    /// The boot, /proc/sys/kernel/random/boot_id; empty when it could not be read.
    public var bootID: String
    /// From the start of reading until the transaction was about to commit, in milliseconds.
    public var durationMilliseconds: Double
    /// CPU time of the whole process since the previous sample was about to commit, in milliseconds: a commit counts in the
    /// sample after it.
    public var cpuMilliseconds: Double
    /// The recorder's interval, in milliseconds.
    public var intervalMilliseconds: Int
    /// How many sockets there were, repeated rows counted once.
    public var sockets: Int
    /// How many processes could not be looked into.
    public var permissionDenied: Int
    /// How many rows could not be read.
    public var malformed: Int
    /// How many ticks before this one left no sample: late, or their append failed.
    public var missed: Int
    /// `ListenOverflows` of /proc/net/netstat.
    public var listenOverflows: Int64
    /// `ListenDrops` of /proc/net/netstat.
    public var listenDrops: Int64
    /// `TCPTimeWaitOverflow` of /proc/net/netstat.
    public var timeWaitOverflow: Int64
    /// Whether these counters were read: else they stand as they stood before. It is not in the history.
    public var areCountersKnown = true

    /// A sample of its properties; all figures but the clock default to nothing.
    public init(
        number: Int = 0, takenAt: Timestamp, bootClock: Int64 = 0, bootID: String = "",
        durationMilliseconds: Double = 0,
        cpuMilliseconds: Double = 0, intervalMilliseconds: Int = 10_000, sockets: Int = 0, permissionDenied: Int = 0,
        malformed: Int = 0, missed: Int = 0, listenOverflows: Int64 = 0, listenDrops: Int64 = 0,
        timeWaitOverflow: Int64 = 0
    ) {
        self.number = number
        self.takenAt = takenAt
        self.bootClock = bootClock
        self.bootID = bootID
        self.durationMilliseconds = durationMilliseconds
        self.cpuMilliseconds = cpuMilliseconds
        self.intervalMilliseconds = intervalMilliseconds
        self.sockets = sockets
        self.permissionDenied = permissionDenied
        self.malformed = malformed
        self.missed = missed
        self.listenOverflows = listenOverflows
        self.listenDrops = listenDrops
        self.timeWaitOverflow = timeWaitOverflow
    }
}
