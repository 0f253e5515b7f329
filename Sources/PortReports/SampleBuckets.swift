/// The indices of things, by the sample at which each happens: a counting sort.
struct SampleBuckets {
    private var starts: [Int]
    private var indices: [Int32]
    private let first: Int

    /// - Parameters:
    ///   - count: how many things there are.
    ///   - samples: the samples that are of interest.
    ///   - sample: at which sample a thing happens; outside of `samples` it does not count.
    init(count: Int, _ samples: ClosedRange<Int>, sample: (Int) -> Int) {
        first = samples.lowerBound
        var starts = Array(repeating: 0, count: samples.count + 1)
        for index in 0..<count {
            let at = sample(index)
            if samples.contains(at) { starts[at - first + 1] += 1 }
        }
        for position in 1..<starts.count { starts[position] += starts[position - 1] }
        var next = starts
        var indices = [Int32](repeating: 0, count: starts[samples.count])
        for index in 0..<count {
            let at = sample(index)
            if !samples.contains(at) { continue }
            indices[next[at - first]] = Int32(index)
            next[at - first] += 1
        }
        self.starts = starts
        self.indices = indices
    }

    /// What happens at a sample.
    subscript(sample: Int) -> ArraySlice<Int32> { indices[starts[sample - first]..<starts[sample - first + 1]] }
}
