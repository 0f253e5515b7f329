import PortHistory
import PortModel
import Testing

/// What is removed from a history, and that nothing goes with it that is still needed.
struct RetentionTests {
    private static let minute: Int64 = 60_000

    @Test("samples go by age, with all that only they needed; what stood open for long keeps its words")
    func age() throws {
        let policy = RetentionPolicy(
            budget: nil, samples: 10 * Self.minute, minutes: 20 * Self.minute, hours: 120 * Self.minute)
        let run = try RecordedRun(BusyHost(seed: 6, plan: BusyHost.Plan(arrivals: 10)), retention: policy)
        for number in 1...900 {
            try run.sample()
            if number.isMultiple(of: 100) { try run.expectWhole() }
        }
        #expect(run.losses == [])
        // A minute has six samples; what is removed is removed by whole minutes.
        #expect((60...72).contains(try run.kept().count))
        #expect(try run.count("bucket WHERE level = 0") < 100)
        #expect(try run.count("bucket WHERE level = 1") <= 4)
        // Ten connections a sample: about as many flows as are kept, and not those of an hour ago.
        #expect((1...2000).contains(try run.count("flow")))
        #expect((1...2000).contains(try run.count("address")))
        #expect((1...200).contains(try run.count("holder")))
        #expect((1...100).contains(try run.count("process")))
        #expect((1...100).contains(try run.count("program")))
        #expect(try run.integrity() == "ok")
    }

    @Test("a recorder that is started again and again removes the same")
    func restarts() throws {
        let policy = RetentionPolicy(
            budget: nil, samples: 10 * Self.minute, minutes: 20 * Self.minute, hours: 120 * Self.minute)
        let run = try RecordedRun(BusyHost(seed: 7, plan: BusyHost.Plan(arrivals: 10)), retention: policy)
        for number in 1...400 {
            try run.sample()
            if number.isMultiple(of: 37) {
                try run.restart(retention: policy)
                try run.expectWhole()
            }
        }
        #expect((60...72).contains(try run.kept().count))
        #expect(try run.count("flow") < 2000)
    }

    @Test("many samples in a minute, few of them kept: what a series says of its last holder stays")
    func holders() throws {
        var policy = RetentionPolicy.standard
        policy.budget = 1 << 20
        let run = try RecordedRun(BusyHost(seed: 10, plan: BusyHost.Plan(arrivals: 40)), retention: policy)
        run.interval = 250
        for number in 1...300 {
            try run.sample()
            if number > 100 { try run.expectWords() }
        }
        #expect(run.losses.count < 5)
        #expect(try run.kept().count < 100)
        try run.expectWhole()
    }
}
