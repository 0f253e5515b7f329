import PortModel

/// When the samples of a range were taken.
public struct SampleTimes: Sendable {
    /// The samples.
    public let samples: ClosedRange<Int>
    private let wall: [Int64]
    private let boot: [Int64]

    /// Times of a range of samples, one a sample: the wall clock and CLOCK_BOOTTIME, both in milliseconds.
    public init(samples: ClosedRange<Int>, wall: [Int64], boot: [Int64]) {
        self.samples = samples
        self.wall = wall
        self.boot = boot
    }

    /// When a sample was taken; the nearest in the range for a number outside.
    public subscript(sample: Int) -> Timestamp { Timestamp(milliseconds: wall[position(sample)]) }

    /// CLOCK_BOOTTIME at a sample, in milliseconds.
    public func bootClock(_ sample: Int) -> Int64 { boot[position(sample)] }

    private func position(_ sample: Int) -> Int {
        min(max(sample, samples.lowerBound), samples.upperBound) - samples.lowerBound
    }
}
