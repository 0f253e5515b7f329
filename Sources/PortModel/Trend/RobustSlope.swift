/// The slope of a series that outliers do not move: the median of the slopes between all pairs of points (Theil and Sen), and
/// how far the pairs agree on its direction (Kendall's tau).
public struct RobustSlope: Sendable {
    /// How far from all pairs rising (1) or falling (-1) is still a trend.
    public static let agreement = 0.6
    /// The most points that are looked at: the work grows with their square.
    public static let mostPoints = 31

    /// Change per unit of time.
    public let slope: Double
    /// Rising pairs less falling ones, of all pairs: -1 to 1.
    public let tau: Double
    /// The change that the slope means over the whole series.
    public let change: Double
    /// How far points typically lie from the line: the median distance.
    public let deviation: Double

    /// - Parameter points: at least two, at different times, by time.
    public init(_ points: [(time: Double, value: Double)]) {
        var slopes: [Double] = []
        var direction = 0
        slopes.reserveCapacity(points.count * (points.count - 1) / 2)
        for (index, later) in points.enumerated() {
            for earlier in points[..<index] where later.time > earlier.time {
                slopes.append((later.value - earlier.value) / (later.time - earlier.time))
                direction += later.value > earlier.value ? 1 : later.value < earlier.value ? -1 : 0
            }
        }
        let slope = Self.median(slopes)
        let base = Self.median(points.map { $0.value - slope * $0.time })
        self.slope = slope
        tau = slopes.isEmpty ? 0 : Double(direction) / Double(slopes.count)
        change = slope * ((points.last?.time ?? 0) - (points.first?.time ?? 0))
        deviation = Self.median(points.map { abs($0.value - slope * $0.time - base) })
    }

    /// The slope where it is a trend: most pairs agree, and the change is more than a port or two and stands out from the
    /// scatter. Else 0.
    public var trend: Double {
        abs(tau) >= Self.agreement && tau * slope > 0 && abs(change) >= max(2, 3 * deviation) ? slope : 0
    }

    /// The middle of some numbers; 0 of none.
    public static func median(_ numbers: [Double]) -> Double {
        if numbers.isEmpty { return 0 }
        let sorted = numbers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
