import Testing

@testable import PortReports

struct SampleSpansTests {
    @Test("ranges that touch or overlap become one run")
    func runs() {
        #expect(SampleSpans([5...6, 1...2, 3...4, 6...9, 20...30, 22...24]).runs == [1...9, 20...30])
        #expect(SampleSpans([1...2, 4...5]).runs == [1...2, 4...5])
    }

    @Test("next and previous find the nearest sample of the set")
    func neighbours() {
        let spans = SampleSpans([10...20, 30...40])
        #expect([1, 10, 15, 21, 40, 41].map { spans.next(from: $0) } == [10, 10, 15, 30, 40, nil])
        #expect([9, 10, 15, 25, 40, 99].map { spans.previous(to: $0) } == [nil, 10, 15, 20, 40, 40])
        #expect(SampleSpans().next(from: 1) == nil && SampleSpans().previous(to: 1) == nil)
    }

    @Test("clamping cuts runs at both ends")
    func clamping() {
        let spans = SampleSpans([10...20, 30...40, 50...60])
        #expect(spans.clamped(to: 15...55).runs == [15...20, 30...40, 50...55])
        #expect(spans.clamped(to: 21...29).isEmpty)
        #expect(spans.overlaps(20...21) && !spans.overlaps(21...29))
        #expect(spans.contains(30) && !spans.contains(29))
        #expect(spans.bounds == 10...60 && SampleSpans().bounds == nil)
    }

    @Test("random sets behave as sets do")
    func random() {
        for _ in 0..<200 {
            var samples = Set<Int>()
            let ranges = (0..<Int.random(in: 0...8)).map { _ in
                let first = Int.random(in: 0...60)
                return first...(first + Int.random(in: 0...9))
            }
            for range in ranges { samples.formUnion(range) }
            let spans = SampleSpans(ranges)
            for sample in 0...75 {
                #expect(spans.contains(sample) == samples.contains(sample))
                #expect(spans.next(from: sample) == samples.filter { $0 >= sample }.min())
                #expect(spans.previous(to: sample) == samples.filter { $0 <= sample }.max())
            }
        }
    }
}
