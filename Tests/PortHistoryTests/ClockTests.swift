import PortHistory
import PortModel
import TestSupport
import Testing

/// Clocks that are set, a host that sleeps, reboots: samples keep their order, and nothing is removed before its time.
struct ClockTests {
    private static let minute: Int64 = 60_000
    private static let year: Int64 = 365 * 86_400_000
    /// Ten minutes of samples, an hour of minutes.
    private static let policy = RetentionPolicy(
        budget: nil, samples: 10 * minute, minutes: 60 * minute, hours: 6000 * minute)

    private func run(_ policy: RetentionPolicy = ClockTests.policy) throws -> RecordedRun {
        try RecordedRun(BusyHost(seed: 11, plan: BusyHost.Plan(arrivals: 5)), retention: policy)
    }

    private func samples(_ count: Int, _ run: RecordedRun) throws {
        for _ in 0..<count { #expect(try run.sample()) }
    }

    @Test("a clock that is a year ahead for some samples removes nothing", arguments: [1, 6, 40])
    func yearAhead(count: Int) throws {
        let run = try run()
        try samples(200, run)
        run.wall += Self.year
        try samples(count, run)
        run.wall -= Self.year
        try samples(20, run)
        #expect((60...72).contains(try run.kept().count))
        #expect(try run.count("bucket WHERE level = 0") >= 36)
        try run.expectWhole()
        // The newest sample answers, and what the wrong clock says comes after everything.
        try HistoryReader(path: run.path).read { view in
            let now = Timestamp(milliseconds: run.wall)
            let answers = try [now, now + 2 * Self.year].map { try view.sample(notAfter: $0)?.number }
            #expect(answers == [view.newestNumber, 200 + count])
        }
    }

    @Test("a host that comes up with a clock a year ahead loses no more than a day's worth of age")
    func rebootAhead() throws {
        var policy = Self.policy
        policy.samples = 3 * 1440 * Self.minute
        policy.minutes = policy.samples
        let run = try run(policy)
        try samples(200, run)
        run.wall += Self.year
        run.boot = 5000
        run.bootID = "another boot"
        try run.restart(retention: policy)
        try samples(20, run)
        run.wall -= Self.year
        try samples(200, run)
        #expect(try run.kept() == 1...420)
        try run.expectWhole()
    }

    @Test("a host that was off for a month goes on, and what is older than the policy goes within a day")
    func off() throws {
        let run = try run()
        try samples(100, run)
        run.wall += 30 * 1440 * Self.minute
        run.boot = 5000
        run.bootID = "another boot"
        try run.restart(retention: Self.policy)
        try samples(30, run)
        #expect(try run.kept() == 101...130)
        try run.expectWhole()
    }

    @Test("time asleep is time: what is older goes, what stood before and after is one socket")
    func suspend() throws {
        let run = try run()
        try samples(100, run)
        run.wall += 480 * Self.minute
        run.boot += 480 * Self.minute
        try samples(30, run)
        #expect(try run.kept().lowerBound > 90)
        try run.expectWhole()
        try HistoryReader(path: run.path).read { view in
            let listeners = try view.sockets(at: view.newestNumber).filter(\.isListener)
            #expect(listeners.count == 3 && listeners.allSatisfy { $0.socketFirst == 1 })
        }
    }

    @Test("any moment is answered by the last sample before it, any period has its samples", arguments: 1...4)
    func moments(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let run = try run(.unlimited)
        for number in 1...300 {
            try samples(1, run)
            if number.isMultiple(of: 25) {
                let jumps: [Int64] = [20_000, 3_600_000, 86_400_000, Self.year]
                let jump = jumps.randomElement(using: &random) ?? 0
                run.wall += Bool.random(using: &random) ? jump : -jump
            }
            if number == 150 {
                run.boot = 5000
                run.bootID = "another boot"
                try run.restart(retention: .unlimited)
            }
        }
        try HistoryReader(path: run.path).read { view in
            for _ in 0..<200 {
                let number = Int.random(in: 1...300, using: &random)
                let moment = try #require(run.times[number]) + Int64.random(in: -30_000...30_000, using: &random)
                let before = run.times.filter { $0.value <= moment }
                let last = before.max { ($0.value, $0.key) < ($1.value, $1.key) }
                #expect(try view.sample(notAfter: moment)?.number == last?.key)

                let end = moment + Int64.random(in: 0...4_000_000, using: &random)
                let inside = run.times.filter { (moment...end).contains($0.value) }.keys
                let found = try view.samples(since: moment, until: end)
                #expect(found?.lowerBound == inside.min() && found?.upperBound == inside.max())
            }
            // Samples are in the order in which they were taken, and every one is in one minute, hour and day.
            for number in 1...300 { #expect(try view.time(of: number) == run.times[number]) }
            let cover = try view.cover(1...300)
            let pieces = (cover.buckets.map(\.samples) + cover.rest).sorted { $0.lowerBound < $1.lowerBound }
            #expect(pieces.flatMap { Array($0) } == Array(1...300))
            for bucket in cover.buckets {
                #expect(bucket.since == run.times[bucket.samples.lowerBound])
                #expect(bucket.until == run.times[bucket.samples.upperBound])
            }
        }
        try run.expectWhole(oneIn: 10)
    }
}
