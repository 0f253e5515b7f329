/// A set of sample numbers, held as runs of consecutive ones: when something was so.
struct SampleSpans: Hashable, Sendable {
    /// The runs, ascending, with at least one sample between any two.
    private(set) var runs: [ClosedRange<Int>] = []

    /// No sample.
    init() {}

    /// The samples of all ranges, in any order; ranges that touch become one run.
    init(_ ranges: some Sequence<ClosedRange<Int>>) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
    }

    /// Adds a range that begins no earlier than the last run.
    mutating func append(_ range: ClosedRange<Int>) {
        guard let last = runs.last, range.lowerBound <= last.upperBound + 1 else { return runs.append(range) }
        runs[runs.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }

    /// True without any sample.
    var isEmpty: Bool { runs.isEmpty }
    /// The first sample.
    var first: Int? { runs.first?.lowerBound }
    /// The last sample.
    var last: Int? { runs.last?.upperBound }
    /// From the first sample to the last; `nil` without any.
    var bounds: ClosedRange<Int>? {
        guard let first, let last else { return nil }
        return first...last
    }

    /// Whether the sample is in the set.
    func contains(_ sample: Int) -> Bool {
        next(from: sample) == sample
    }

    /// The first sample of the set that is not before `sample`.
    func next(from sample: Int) -> Int? {
        let index = firstRun(endingAtOrAfter: sample)
        return index < runs.count ? max(sample, runs[index].lowerBound) : nil
    }

    /// The last sample of the set that is not after `sample`.
    func previous(to sample: Int) -> Int? {
        let index = firstRun(endingAtOrAfter: sample)
        if index < runs.count, runs[index].lowerBound <= sample { return sample }
        return index > 0 ? runs[index - 1].upperBound : nil
    }

    /// Whether any sample of the range is in the set.
    func overlaps(_ range: ClosedRange<Int>) -> Bool {
        next(from: range.lowerBound).map { $0 <= range.upperBound } ?? false
    }

    /// The samples of the set that lie in the range.
    func clamped(to range: ClosedRange<Int>) -> SampleSpans {
        var result = SampleSpans()
        for run in runs[firstRun(endingAtOrAfter: range.lowerBound)...] {
            guard run.lowerBound <= range.upperBound else { break }
            result.runs.append(run.clamped(to: range))
        }
        return result
    }

    private func firstRun(endingAtOrAfter sample: Int) -> Int {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < sample { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
