import PortModel
import Testing

@Suite struct UsageTrendTests {
    /// A program that opens and closes connections at a rate a second, which leaves each in TIME_WAIT for a minute; one sample
    /// a second.
    private func churn(_ seconds: Int, capacity: Int = 28232, rate: (Int) -> Int) -> UsageTrend? {
        var starts: [Int64] = []
        for second in -100..<seconds {
            for index in 0..<max(0, rate(second)) { starts.append(Int64(second * 1000 + index * 1000 / rate(second))) }
        }
        let first = max(0, seconds - 300)
        let points = (first...seconds).map { second in
            let count = starts.count { $0 <= Int64(second * 1000) && $0 > Int64(second * 1000 - 60_000) }
            return UsageTrend.Point(time: Int64(second * 1000), used: count, usedByTimeWait: count)
        }
        let seen = starts.filter { $0 >= Int64(first * 1000 - 60_000) }
        return UsageTrend(
            points, timeWaitStarts: seen.map { .init(time: $0, count: 1) }, timeWaitsLast: true, capacity: capacity)
    }

    private func open(_ counts: [Int], every interval: Int64 = 10_000, capacity: Int = 100) -> UsageTrend? {
        let points = counts.enumerated().map { index, count in
            UsageTrend.Point(time: Int64(index) * interval, used: count, usedByTimeWait: 0)
        }
        return UsageTrend(points, timeWaitStarts: [], timeWaitsLast: true, capacity: capacity)
    }

    @Test func `open connections that rise go on rising`() {
        let trend = open(Array(stride(from: 10, through: 60, by: 5)))
        #expect(trend?.portsPerMinute == 30)
        #expect(trend?.exhaustedAfter == 80_000)
        #expect(open([1, 2, 3], capacity: 28232)?.portsPerMinute == 6)
    }

    @Test func `two samples are no trend`() {
        #expect(open([10, 20]) == nil)
        #expect(open([]) == nil)
    }

    @Test func `what stays, falls or goes up and down runs out at no time`() {
        #expect(open([40, 40, 40, 40])?.portsPerMinute == 0)
        #expect(open([40, 40, 40, 40])?.exhaustedAfter == nil)
        #expect(open([40, 30, 20, 10])?.portsPerMinute == -60)
        #expect(open([40, 30, 20, 10])?.exhaustedAfter == nil)
        #expect(open([40, 55, 41, 52, 43, 57, 40, 50, 44])?.portsPerMinute == 0)
    }

    @Test func `one outlier does not make a trend, nor end one`() {
        #expect(open([40, 40, 40, 99, 40, 40, 40])?.portsPerMinute == 0)
        #expect(open([10, 15, 20, 0, 30, 35, 40])?.portsPerMinute == 30)
    }

    @Test func `steady churn settles, and in its first minute too nothing runs out`() {
        for seconds in [15, 30, 45, 59, 61, 75, 120, 300, 900] {
            let trend = churn(seconds) { $0 < 0 ? 0 : 100 }
            #expect(trend?.exhaustedAfter == nil, "after \(seconds) s")
        }
        #expect(churn(300, rate: { $0 < 0 ? 0 : 100 })?.portsPerMinute == 0)
        #expect(abs((churn(30, rate: { $0 < 0 ? 0 : 100 })?.portsPerMinute ?? 0) - 3000) < 200)
    }

    @Test func `churn that settles above the capacity runs out when it gets there`() {
        for seconds in [12, 20, 30, 40] {
            let trend = churn(seconds) { $0 < 0 ? 0 : 600 }
            // 28 232 ports at 600 a second last 47 s.
            let expected = 28232.0 / 600 * 1000 - Double(seconds) * 1000
            #expect(abs(Double(trend?.exhaustedAfter ?? -100_000) - expected) < 2500, "after \(seconds) s")
        }
    }

    @Test func `a step from one steady rate to another settles`() {
        for seconds in stride(from: 110, through: 600, by: 35) {
            let trend = churn(seconds) { $0 < 100 ? 50 : 100 }
            #expect(trend?.exhaustedAfter == nil, "after \(seconds) s")
        }
        #expect(churn(400, rate: { $0 < 100 ? 50 : 100 })?.portsPerMinute == 0)
    }

    @Test func `a rate that itself rises is a trend`() {
        // 0.5 connections a second more each second: 30 ports a second.
        let trend = churn(600) { $0 / 2 }
        let rate = trend?.portsPerMinute ?? 0
        #expect(rate > 800 && rate < 2600)
        #expect(trend?.exhaustedAfter != nil)
    }

    @Test func `churn that has ended empties`() {
        let trend = churn(130) { $0 < 100 ? 100 : 0 }
        #expect((trend?.portsPerMinute ?? 0) < -2000)
        #expect(trend?.exhaustedAfter == nil)
    }

    @Test func `TIME_WAITs that are soon reusable never pile up`() {
        let points = (0...20).map { second in
            UsageTrend.Point(time: Int64(second) * 1000, used: 100 * second, usedByTimeWait: 100 * second)
        }
        let trend = UsageTrend(points, timeWaitStarts: [], timeWaitsLast: false, capacity: 28232)
        #expect(trend?.portsPerMinute == 0)
    }

    @Test func `what is used up and still wanted is used up now`() {
        #expect(open([70, 80, 90, 100])?.exhaustedAfter == 0)
        #expect(open([100, 100, 100, 100])?.exhaustedAfter == nil)
    }
}
