import PortHistory
import PortModel

/// What is to be generated. The same plan gives the same history.
struct Plan {
    /// How long the recorder runs, in milliseconds.
    var duration: Int64 = 30 * 86_400_000
    /// From one sample to the next, in milliseconds.
    var interval: Int64 = 10_000
    /// Everything that is random follows from it.
    var seed: UInt64 = 1
    /// Multiplies how often connections are made.
    var scale = 1.0
    /// When the first sample is taken.
    var start = Timestamp(milliseconds: 1_790_812_800_000)  // 2026-10-01T00:00:00Z
    /// The host's name.
    var host = "longhaul"
    /// How many different addresses the clients of the public service come from.
    var publicClients = 20_000
    /// How many clients keep a connection for hours, as those of a push service do; their number grows to it in the first hours.
    var standingClients = 0
    /// `ip_local_port_range` at the start.
    var range = PortRange.standard

    /// How long what is generated is kept; by default everything is.
    var retention = RetentionPolicy.unlimited

    /// How many samples: one an interval.
    var samples: Int { Int(duration / interval) }

    /// The limits at the start.
    var limits: PortLimits {
        var limits = PortLimits()
        limits.range = range
        limits.kernelRelease = "6.18.3-amd64"
        return limits
    }
}
