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

    /// The most points that a series has.
    static let most = 240

    /// A series of one count a sample: spans of equally many samples, each with the first of its highest points.
    static func series(of counts: [Int], _ samples: ClosedRange<Int>, _ times: SampleTimes) -> [SeriesPoint] {
        let points = min(most, counts.count)
        return (0..<points).map { point in
            let span = point * counts.count / points..<(point + 1) * counts.count / points
            let highest = span.reduce(span.lowerBound) { counts[$1] > counts[$0] ? $1 : $0 }
            return SeriesPoint(at: times[samples.lowerBound + highest], count: counts[highest])
        }
    }
}
