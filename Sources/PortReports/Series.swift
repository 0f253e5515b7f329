import PortHistory
import PortModel

/// A point of a series: how many there were at a sample.
public struct SeriesPoint: Hashable, Sendable, Encodable {
    /// When the sample was taken.
    public var at: Timestamp
    /// How many.
    public var count: Int

    /// A point of its fields.
    public init(at: Timestamp, count: Int) {
        self.at = at
        self.count = count
    }
}

/// How many there were over a period: one point a sample, or one for the samples of a minute, hour or day.
struct Timeline {
    /// The most points that a series has.
    static let mostPoints = 240

    /// The highest of some samples that follow each other.
    private struct Step {
        var first: Int
        var samples: Int
        var highest: SeriesPoint
    }

    private var steps: [Step] = []

    /// Adds one count a sample.
    mutating func add(_ counts: [Int], from first: Int, _ times: SampleTimes) {
        for (index, count) in counts.enumerated() {
            let sample = first + index
            steps.append(Step(first: sample, samples: 1, highest: SeriesPoint(at: times[sample], count: count)))
        }
    }

    /// Adds the highest of each bucket of a cover.
    mutating func add(_ cover: RollupCover, _ peaks: [SeriesPeak]) {
        for (bucket, peak) in zip(cover.buckets, peaks) {
            let point = SeriesPoint(at: Timestamp(milliseconds: peak.at), count: peak.level)
            steps.append(Step(first: bucket.samples.lowerBound, samples: bucket.samples.count, highest: point))
        }
    }

    /// Puts what was added in the order of the samples.
    mutating func sort() { steps.sort { $0.first < $1.first } }

    /// The first of the highest points; `nil` without any.
    var peak: SeriesPoint? { Self.highest(steps[...]) }

    /// The last point.
    var last: SeriesPoint? { steps.last?.highest }

    /// At most ``mostPoints`` points: spans of equally many samples, as far as these can be told apart, each with the first of its
    /// highest points.
    var series: [SeriesPoint] {
        let samples = steps.reduce(0) { $0 + $1.samples }
        let points = min(Self.mostPoints, samples)
        var series: [SeriesPoint] = []
        var span = -1
        var seen = 0
        for step in steps {
            // Span p has the samples from p * samples / points on.
            let own = ((seen + 1) * points + samples - 1) / samples - 1
            seen += step.samples
            if own > span {
                series.append(step.highest)
                span = own
            } else if step.highest.count > series[series.count - 1].count {
                series[series.count - 1] = step.highest
            }
        }
        return series
    }

    private static func highest(_ steps: ArraySlice<Step>) -> SeriesPoint? {
        guard let first = steps.first else { return nil }
        return steps.dropFirst().reduce(first.highest) { $1.highest.count > $0.count ? $1.highest : $0 }
    }

    /// How coarse the steps of a period may be so that they are not seen.
    static func coarsest(for period: Period) -> RollupLevel {
        let length = period.until - period.since
        return RollupLevel.allCases.last { length >= 60 * $0.milliseconds } ?? .minute
    }
}
