import PortHistory
import PortModel
import Testing

@testable import PortReports

@Suite struct SeriesTests {
    private func times(_ count: Int) -> SampleTimes {
        SampleTimes(
            samples: 1...count, wall: (1...count).map { Int64($0) * 1000 }, boot: (1...count).map { Int64($0) * 1000 })
    }

    private func series(of counts: [Int]) -> [SeriesPoint] {
        var timeline = Timeline()
        timeline.add(counts, from: 1, times(counts.count))
        return timeline.series
    }

    @Test func `up to 240 samples each have their point`() {
        let series = series(of: Array(1...240))
        #expect(series.map(\.count) == Array(1...240))
        #expect(series[9].at == Timestamp(milliseconds: 10_000))
    }

    @Test func `of more samples each point is the highest of its span, at its own time`() {
        var counts = Array(repeating: 5, count: 1000)
        counts[700] = 9
        let series = series(of: counts)
        #expect(series.count == 240)
        #expect(series.filter { $0.count == 9 } == [SeriesPoint(at: Timestamp(milliseconds: 701_000), count: 9)])
        #expect(series.first?.at == Timestamp(milliseconds: 1000))
    }

    @Test func `buckets hold what happens at each sample, in order, and nothing else`() {
        let at = [7, 5, 9, 7, 4, 10]
        let buckets = SampleBuckets(count: at.count, 5...9) { at[$0] }
        #expect((5...9).map { Array(buckets[$0]) } == [[1], [], [0, 3], [], [2]])
        #expect(Array(SampleBuckets(count: 0, 3...3) { $0 }[3]).isEmpty)
    }
}
