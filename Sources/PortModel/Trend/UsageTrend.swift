/// Where the use of a destination's ports is going, from the newest part of a period.
///
/// The connections that are open and those in TIME_WAIT are looked at apart. Open ones that rise are taken to go on rising.
/// TIME_WAITs that rise do so for 60 s at most after their rate has changed, since the first of them end then: they are taken
/// to settle at 60 s of the newest rate. Only where they rise in the older half of the window as in the newer one does the rate
/// itself rise, and they with it.
public struct UsageTrend: Hashable, Sendable {
    /// The newest part of the period that is looked at, in milliseconds; longer where fewer than three samples are in it.
    public static let window: Int64 = 300_000
    /// The furthest forecast, in milliseconds: 30 days.
    public static let horizon: Double = 30 * 86_400_000

    /// A sample: when it was, and the ports in use.
    public struct Point: Hashable, Sendable {
        /// CLOCK_BOOTTIME in milliseconds.
        public var time: Int64
        /// Ports used.
        public var used: Int
        /// Those of them in TIME_WAIT.
        public var usedByTimeWait: Int

        /// A sample of its figures.
        public init(time: Int64, used: Int, usedByTimeWait: Int) {
            self.time = time
            self.used = used
            self.usedByTimeWait = usedByTimeWait
        }
    }

    /// TIME_WAITs that began about the same time.
    public struct Start: Hashable, Sendable {
        /// When, on the clock of the samples.
        public var time: Int64
        /// How many.
        public var count: Int

        /// Some TIME_WAITs.
        public init(time: Int64, count: Int) {
            self.time = time
            self.count = count
        }
    }

    /// How many more ports will be used in a minute from now; negative when it is going down, 0 without a trend.
    public let portsPerMinute: Double
    /// In how many milliseconds all ports will be used; `nil` without a rising trend.
    public let exhaustedAfter: Int64?

    /// The trend of some samples.
    ///
    /// - Parameters:
    ///   - points: samples of one boot by time, not older than ``window`` where they are more than three.
    ///   - timeWaitStarts: when TIME_WAITs seen at these samples began, on the same clock, as far as they are not older than
    ///     a minute before the first of them.
    ///   - timeWaitsLast: false where TIME_WAITs are soon reusable, so that they never pile up.
    ///   - capacity: the ports that there are.
    /// - Returns: `nil` for fewer than three samples.
    public init?(_ points: [Point], timeWaitStarts: [Start], timeWaitsLast: Bool, capacity: Int) {
        guard points.count >= 3, let first = points.first, let last = points.last, last.time > first.time else {
            return nil
        }
        let open = RobustSlope(Self.thinned(points) { Double($0.used - $0.usedByTimeWait) }).trend
        let rising = timeWaitsLast ? Self.risingRate(points) : 0
        let settling = timeWaitsLast && rising == 0 ? Self.settling(points, timeWaitStarts) : (change: 0, within: 0)
        portsPerMinute = settling.change + (open + rising) * 60_000

        let free = Double(max(0, capacity - last.used))
        let settled = settling.change + open * settling.within
        let wait: Double? =
            if settled > 0, free <= settled {
                settling.within * free / settled
            } else if open + rising > 0 {
                settling.within + (free - settled) / (open + rising)
            } else { nil }
        exhaustedAfter = wait.flatMap { $0 <= Self.horizon ? Int64(max(0, $0)) : nil }
    }

    /// Up to ``RobustSlope/mostPoints`` of the points.
    private static func thinned(_ points: [Point], _ value: (Point) -> Double) -> [(time: Double, value: Double)] {
        let count = min(points.count, RobustSlope.mostPoints)
        return (0..<count).map { index in
            let point = points[count == 1 ? 0 : index * (points.count - 1) / (count - 1)]
            return (Double(point.time), value(point))
        }
    }

    /// By how much the TIME_WAITs will have changed when all of them have begun at the newest rate, and in how many
    /// milliseconds; 0 where that is no more than chance, or not what the newest samples show.
    private static func settling(_ points: [Point], _ starts: [Start]) -> (change: Double, within: Double) {
        guard let first = points.first, let last = points.last else { return (0, 0) }
        let interval = Double(last.time - first.time) / Double(points.count - 1)
        let length = Double(TimeWaitReuse.length)
        if interval > length { return (0, 0) }
        // The newest rate: over half a minute or three samples, less where all began later than that.
        let oldest = starts.lazy.map(\.time).min().map { Double(last.time - $0) } ?? .infinity
        let span = min(max(30_000, 3 * interval), max(oldest, 10_000, 2 * interval))
        let newest = starts.lazy.filter { Double(last.time - $0.time) <= span }.reduce(0) { $0 + $1.count }
        let settled = Double(newest) / span * length
        let now = Double(last.usedByTimeWait)
        let change = settled - now
        let chance = 3 * (settled * length / span + now).squareRoot()
        if abs(change) <= max(2, chance) { return (0, 0) }

        let recent = points.filter { Double(last.time - $0.time) <= span }
        let shown = recent.count >= 3 ? recent : Array(points.suffix(3))
        let seen = RobustSlope(thinned(shown) { Double($0.usedByTimeWait) })
        guard seen.slope * change > 0, abs(seen.tau) >= RobustSlope.agreement else { return (0, 0) }
        return (change, min(length, change / seen.slope))
    }

    /// The slope of the TIME_WAITs where they rise all the time, for longer than a change of the rate explains; else 0.
    private static func risingRate(_ points: [Point]) -> Double {
        guard let first = points.first, let last = points.last,
            last.time - first.time >= 4 * TimeWaitReuse.length
        else { return 0 }
        let middle = (first.time + last.time) / 2
        let halves = [points.filter { $0.time < middle }, points.filter { $0.time >= middle }]
        guard halves.allSatisfy({ $0.count >= 3 }) else { return 0 }
        let slopes = halves.map { RobustSlope(thinned($0) { Double($0.usedByTimeWait) }).trend }
        return slopes.allSatisfy { $0 > 0 } ? min(slopes[0], slopes[1]) : 0
    }
}
