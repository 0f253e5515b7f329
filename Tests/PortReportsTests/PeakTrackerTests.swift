import TestSupport
import Testing

@testable import PortReports

@Suite struct PeakTrackerTests {
    @Test func `a peak is when most was used, the first time`() {
        var tracker = PeakTracker()
        for (sample, used) in [(1, 10), (2, 40), (5, 20), (9, 40)] {
            tracker.note(sample: sample, capacity: 100, [(destination: 0, used: used)])
        }
        #expect(tracker.peak(of: 0) == PeakTracker.Peak(used: 40, capacity: 100, sample: 2))
        #expect(tracker.peak(of: 1) == nil)
    }

    @Test func `a capacity that shrinks raises the utilization of destinations that do not change`() {
        var tracker = PeakTracker()
        let none: [(destination: Int, used: Int)] = []
        tracker.note(sample: 1, capacity: 100, [(destination: 0, used: 10)])
        tracker.note(sample: 3, capacity: 50, none)
        tracker.note(sample: 4, capacity: 20, none)
        tracker.note(sample: 5, capacity: 90, [(destination: 0, used: 11)])
        #expect(tracker.peak(of: 0) == PeakTracker.Peak(used: 10, capacity: 20, sample: 4))
    }

    @Test(arguments: 0..<40)
    func `the tracker finds what a look at every sample finds`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var tracker = PeakTracker()
        var used: [Int: Int] = [:]
        var expected: [Int: PeakTracker.Peak] = [:]
        var capacity = 10
        for sample in 1...200 {
            if Int.random(in: 0..<5, using: &random) == 0 { capacity = Int.random(in: 0...20, using: &random) }
            var changes: [(destination: Int, used: Int)] = []
            for destination in 0..<4 {
                // No more can be used than there are.
                if Int.random(in: 0..<8, using: &random) == 0 || used[destination, default: 0] > capacity {
                    changes.append((destination, Int.random(in: 0...capacity, using: &random)))
                }
            }
            tracker.note(sample: sample, capacity: capacity, changes)
            for change in changes { used[change.destination] = change.used }
            for (destination, used) in used {
                let peak = PeakTracker.Peak(used: used, capacity: capacity, sample: sample)
                guard let highest = expected[destination] else {
                    expected[destination] = peak
                    continue
                }
                if (peak.utilization, peak.used) > (highest.utilization, highest.used) { expected[destination] = peak }
            }
        }
        for destination in 0..<4 { #expect(tracker.peak(of: destination) == expected[destination]) }
    }
}
