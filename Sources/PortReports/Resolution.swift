import PortHistory

/// How finely a period is answered: which part of it sample by sample, and which by minutes, hours and days.
///
/// A short period is read sample by sample where its samples are kept, for then everything can be told. A long one is answered by
/// its rollups, whose sums and peaks are those of the samples; only its ends, which lie within a minute, are read in full.
struct Resolution {
    /// So many intervals, and so many samples, are read one by one.
    private static let mostIntervals = 12_000
    private static let mostSamples = 40_000

    /// What is answered by rollups; without buckets nothing is.
    let cover: RollupCover
    /// What is read sample by sample: ranges in order, of which the last one ends with the period where its samples are kept.
    let samples: [ClosedRange<Int>]

    /// The resolution for a period.
    ///
    /// - Parameters:
    ///   - tail: a sample; from it on everything is read sample by sample. The period's last one by default.
    ///   - isInFull: everything is read sample by sample, as far as it is kept.
    init(_ view: HistoryView, _ period: ClosedRange<Int>, tail: Int? = nil, isInFull: Bool = false) throws {
        let oldest = try view.oldestSample()?.number ?? view.newestNumber
        let whole = try view.cover(period)
        let isKept = period.lowerBound >= oldest
        if isKept, isInFull || (whole.opened <= Self.mostIntervals && period.count <= Self.mostSamples) {
            cover = try view.cover(period, upTo: period.lowerBound)
            samples = [period]
            return
        }
        guard period.upperBound >= oldest else {
            cover = whole
            samples = []
            return
        }
        let end = max(tail ?? period.upperBound, oldest, period.lowerBound)
        cover = try view.cover(period, upTo: end)
        // What follows the buckets is one range with the tail.
        var ranges: [ClosedRange<Int>] = []
        for range in cover.rest + [end...period.upperBound] {
            guard range.upperBound >= oldest else { continue }
            let kept = max(range.lowerBound, oldest)...range.upperBound
            if let last = ranges.last, last.upperBound + 1 == kept.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound...kept.upperBound
            } else {
                ranges.append(kept)
            }
        }
        samples = ranges
    }

    /// Whether minutes, hours or days have a part in the answer.
    var usesRollups: Bool { !cover.buckets.isEmpty }
}
