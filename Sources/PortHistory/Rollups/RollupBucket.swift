import PortModel

/// A minute, hour or day of the wall clock, with the samples taken in it. Where the clock was set back, one can be there twice.
public struct RollupBucket: Hashable, Sendable {
    /// What it is.
    public var level: RollupLevel
    /// Its samples.
    public var samples: ClosedRange<Int>
    /// When the first of them was taken.
    public var since: Timestamp
    /// When the last of them was taken.
    public var until: Timestamp
    /// How many milliseconds the recorder had seen pass until the last of them, however the clock was set.
    var clock: Int64
    /// Intervals that began in it: what a question about it costs in full resolution.
    var opened: Int

    /// A bucket that begins with a sample.
    init(_ level: RollupLevel, sample: Int, at time: Timestamp, clock: Int64) {
        self.init(level: level, samples: sample...sample, since: time, until: time, clock: clock, opened: 0)
    }

    init(
        level: RollupLevel, samples: ClosedRange<Int>, since: Timestamp, until: Timestamp, clock: Int64, opened: Int
    ) {
        self.level = level
        self.samples = samples
        self.since = since
        self.until = until
        self.clock = clock
        self.opened = opened
    }

    /// Whether a moment lies in the same minute, hour or day.
    func contains(_ time: Timestamp) -> Bool { level.number(of: since) == level.number(of: time) }

    /// When a sample of the bucket was taken, if they follow each other evenly; exact for the first and the last.
    func time(of sample: Int) -> Timestamp {
        let steps = Int64(samples.upperBound - samples.lowerBound)
        if steps == 0 { return since }
        let position = Int64(min(max(sample, samples.lowerBound), samples.upperBound) - samples.lowerBound)
        return since + (until - since) * position / steps
    }
}
