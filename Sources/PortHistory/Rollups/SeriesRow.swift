/// What became of a series in one bucket: a row of `minute`, `hour` or `day`.
///
/// Samples after the last change count for nothing in it, so that a series that stays quiet costs nothing: the level is that of the
/// bucket's last sample, and everything else is told relative to it.
public struct SeriesRow: Hashable, Sendable {
    /// The level at the last sample of the bucket.
    public internal(set) var level: Int
    /// The level before the first sample of the bucket.
    public internal(set) var before: Int
    /// The sum, over the bucket's samples, of each sample's level less ``level``. Only what is damaged can make it overflow, and then it
    /// is some number.
    public internal(set) var total: Int
    /// The highest level of the bucket's samples; its moment is in milliseconds after the bucket's beginning.
    public internal(set) var peak: SeriesPeak
    /// How many sockets came.
    public internal(set) var opened: Int
    /// How many went.
    public internal(set) var closed: Int

    /// A row of its parts.
    init(level: Int, before: Int, total: Int, peak: SeriesPeak, opened: Int, closed: Int) {
        self.level = level
        self.before = before
        self.total = total
        self.peak = peak
        self.opened = opened
        self.closed = closed
    }

    /// A series that has stood at a level since before the bucket began, until now.
    ///
    /// - Parameters:
    ///   - isFirst: the sample at hand is the bucket's first, so that no sample of it has seen this level.
    ///   - capacity: ports that there were at the bucket's first sample.
    init(quietAt level: Int, isFirst: Bool, capacity: Int) {
        // A level that no sample saw is no peak: anything is higher.
        let peak =
            isFirst ? SeriesPeak(level: -1, capacity: 1, at: 0) : SeriesPeak(level: level, capacity: capacity, at: 0)
        self.init(level: level, before: level, total: 0, peak: peak, opened: 0, closed: 0)
    }

    /// The mean over the samples of a bucket.
    public func mean(samples: Int) -> Double { Double(level) + Double(total) / Double(max(1, samples)) }

    /// Goes on to another level.
    ///
    /// - Parameters:
    ///   - samplesBefore: how many samples the bucket has before this one.
    ///   - capacity: ports that there are.
    ///   - offset: milliseconds since the bucket's beginning.
    mutating func step(
        to next: Int, samplesBefore: Int, capacity: Int, offset: Int64, opened: Int, closed: Int, byUtilization: Bool
    ) {
        total &+= (level - next) &* samplesBefore
        level = next
        self.opened += opened
        self.closed += closed
        let now = SeriesPeak(level: next, capacity: capacity, at: offset)
        if now.isHigher(than: peak, byUtilization: byUtilization) { peak = now }
    }

    /// Adds what became of the series in a part of the bucket that comes after all that is in.
    ///
    /// - Parameters:
    ///   - samplesBefore: how many samples the bucket has before the part.
    ///   - offset: milliseconds from the bucket's beginning to the part's.
    mutating func append(_ part: SeriesRow, samplesBefore: Int, offset: Int64, byUtilization: Bool) {
        total &+= (level - part.level) &* samplesBefore &+ part.total
        level = part.level
        opened += part.opened
        closed += part.closed
        var highest = part.peak
        highest.at += offset
        // Where it is no utilization, the capacity is that of the beginning.
        if !byUtilization { highest.capacity = peak.capacity }
        if highest.isHigher(than: peak, byUtilization: byUtilization) { peak = highest }
    }

    /// What became of the series until the end of this part of a bucket.
    ///
    /// - Parameters:
    ///   - known: what became of it in the parts before; `nil` where nothing changed.
    ///   - capacity: ports that there were at the first sample of the bucket.
    func added(
        to known: SeriesRow?, samplesBefore: Int, offset: Int64, capacity: @autoclosure () -> Int, byUtilization: Bool
    ) -> SeriesRow {
        if samplesBefore == 0 { return self }
        var sum = known ?? SeriesRow(quietAt: before, isFirst: false, capacity: capacity())
        sum.append(self, samplesBefore: samplesBefore, offset: offset, byUtilization: byUtilization)
        return sum
    }
}
