/// The highest level of a series over some samples, and when that was first.
public struct SeriesPeak: Hashable, Sendable {
    /// The level.
    public var level: Int
    /// How many ports there were then, for the ports used towards a destination. For the open ports themselves their number at the
    /// bucket's first sample; else 0.
    public var capacity: Int
    /// When, in milliseconds: of the wall clock, or after a bucket's beginning.
    public var at: Int64

    /// A peak of its parts.
    public init(level: Int, capacity: Int, at: Int64) {
        self.level = level
        self.capacity = capacity
        self.at = at
    }

    /// Whether it is higher than another one. For ports used, what counts is the utilization: how near the end was.
    func isHigher(than other: SeriesPeak, byUtilization: Bool) -> Bool {
        if byUtilization, capacity != other.capacity {
            // used / capacity, 1 without any capacity.
            let mine = (capacity == 0 ? 1 : level, max(1, capacity))
            let theirs = (other.capacity == 0 ? 1 : other.level, max(1, other.capacity))
            let (a, b) = (mine.0 * theirs.1, theirs.0 * mine.1)
            if a != b { return a > b }
        }
        return level > other.level
    }
}
