import PortModel

/// A range of samples taken apart: into the coarsest buckets that lie in it whole, and what is left at its ends.
public struct RollupCover: Sendable {
    /// The samples.
    public let samples: ClosedRange<Int>
    /// The buckets, in the order of their samples.
    public internal(set) var buckets: [RollupBucket] = []
    /// Samples in no bucket: parts of a minute, and what was recorded before there were minutes. In full resolution they can be read
    /// sample by sample, if they are still kept.
    public internal(set) var rest: [ClosedRange<Int>] = []

    /// Nothing yet.
    init(_ samples: ClosedRange<Int>) { self.samples = samples }

    /// How many intervals began in the buckets.
    public var opened: Int { buckets.reduce(0) { $0 + $1.opened } }

    /// Runs of buckets of one level that follow each other.
    var runs: [ArraySlice<RollupBucket>] {
        var runs: [ArraySlice<RollupBucket>] = []
        var start = 0
        for index in buckets.indices.dropFirst() where buckets[index].level != buckets[start].level {
            runs.append(buckets[start..<index])
            start = index
        }
        if !buckets.isEmpty { runs.append(buckets[start...]) }
        return runs
    }
}

extension RollupQuery {
    /// Takes a range of samples apart.
    ///
    /// - Parameter coarsest: no buckets coarser than these, where there are finer ones.
    func cover(_ samples: ClosedRange<Int>, coarsest: RollupLevel = .day) throws -> RollupCover {
        var cover = RollupCover(samples)
        try fill(samples, .day, coarsest, &cover)
        return cover
    }

    private func fill(
        _ samples: ClosedRange<Int>, _ level: RollupLevel?, _ coarsest: RollupLevel, _ cover: inout RollupCover
    ) throws {
        guard let level else { return cover.rest.append(samples) }
        let finer = RollupLevel(rawValue: level.rawValue - 1)
        var next = samples.lowerBound
        for bucket in try buckets(level, in: samples) {
            if next < bucket.samples.lowerBound {
                try fill(next...(bucket.samples.lowerBound - 1), finer, coarsest, &cover)
            }
            if level > coarsest, let finer, try isMade(bucket, of: finer) {
                try fill(bucket.samples, finer, coarsest, &cover)
            } else {
                cover.buckets.append(bucket)
            }
            next = bucket.samples.upperBound + 1
        }
        if next <= samples.upperBound { try fill(next...samples.upperBound, finer, coarsest, &cover) }
    }

    /// Whether the finer buckets of a bucket are all still there.
    func isMade(_ bucket: RollupBucket, of finer: RollupLevel) throws -> Bool {
        try self.bucket(finer, beginningBy: bucket.samples.lowerBound)?.samples.lowerBound == bucket.samples.lowerBound
    }
}
