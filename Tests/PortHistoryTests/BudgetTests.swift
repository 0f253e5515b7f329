import Foundation
import PortHistory
import PortModel
import Testing

/// A history keeps to its budget, whatever happens, and what it keeps is whole.
struct BudgetTests {
    private static func policy(_ budget: Int64) -> RetentionPolicy {
        var policy = RetentionPolicy.standard
        policy.budget = budget
        return policy
    }

    /// As many samples as `make soak` asks for, or as many as it takes until samples are removed.
    private static let churnSamples =
        ProcessInfo.processInfo.environment["PORTLOG_SOAK_SAMPLES"].flatMap { Int($0) } ?? 500

    @Test("8 MiB under heavy churn: never above the budget, no sample lost, all that is kept is whole")
    func churn() throws {
        let budget: Int64 = 8 << 20
        let run = try RecordedRun(BusyHost(seed: 1), retention: Self.policy(budget))
        let count = Self.churnSamples
        for part in stride(from: 0, to: count, by: 250) {
            try run.samples(min(250, count - part), within: budget)
            try run.expectWhole(oneIn: 16)
        }
        #expect(run.losses == [])
        #expect(try run.integrity() == "ok")
        let kept = try run.kept()
        #expect(kept.upperBound == count && kept.count > 32)
        let costs = run.costs.sorted()
        print(
            "\(count) samples, \(run.host.rows.count) sockets: \(kept.count) kept in \(run.mostBytes) bytes at most; ms a sample:",
            "median \(costs[costs.count / 2]), 99 % \(costs[costs.count * 99 / 100]), worst \(costs.last ?? 0)")
    }

    @Test("more churn than a small budget has room for leaves a shorter history, not none", arguments: [100, 300])
    func tooMuchChurn(arrivals: Int) throws {
        let budget: Int64 = 2 << 20
        let run = try RecordedRun(
            BusyHost(seed: 2, plan: BusyHost.Plan(arrivals: arrivals)), retention: Self.policy(budget))
        try run.samples(120, within: budget)
        #expect(run.losses.count < 12, "\(run.losses)")
        #expect(run.losses.allSatisfy { $0 == .overBudget(path: run.path) })
        try run.expectWhole()
    }

    @Test("a burst of sockets that no sample before had comes into a full history, and then all goes on")
    func burst() throws {
        let budget: Int64 = 4 << 20
        let run = try RecordedRun(
            BusyHost(seed: 3, plan: BusyHost.Plan(arrivals: 20)), retention: Self.policy(budget))
        while run.losses.isEmpty, try run.kept().lowerBound == 1 || run.recorded.count < 20 {
            try run.samples(20, within: budget)
        }
        #expect(run.losses == [])
        run.host.plan.arrivals = 2000
        try run.samples(1, within: budget)
        run.host.plan.arrivals = 20
        try run.samples(60, within: budget)
        #expect(run.losses.count <= 3 && run.losses.allSatisfy { $0 == .overBudget(path: run.path) })
        #expect(try run.kept().contains(run.writer.newestSample - 60))
        try run.expectWhole()
    }

    @Test("what has no room in any case is lost, the history before stays, and recording goes on when it is over")
    func neverFits() throws {
        let budget: Int64 = 2 << 20
        let run = try RecordedRun(
            BusyHost(seed: 4, plan: BusyHost.Plan(arrivals: 4)), retention: Self.policy(budget))
        try run.samples(150, within: budget)
        run.host.plan = BusyHost.Plan(arrivals: 25_000, stay: 6)
        try run.samples(1, within: budget)
        run.host.plan = BusyHost.Plan(arrivals: 4)
        try run.samples(2, within: budget)
        #expect(run.losses == Array(repeating: .overBudget(path: run.path), count: 3))
        #expect(try run.kept() == 1...150)
        try run.samples(20, within: budget)
        #expect(run.losses.count < 15)
        #expect(run.recorded[run.writer.newestSample]?.count == run.host.rows.count)
        try run.expectWhole()
    }

    @Test("a file that is larger than a lowered budget gets smaller sample by sample, and stays so")
    func loweredBudget() throws {
        let run = try RecordedRun(
            BusyHost(seed: 5, plan: BusyHost.Plan(arrivals: 60)), retention: Self.policy(32 << 20))
        try run.samples(200, within: 32 << 20)
        #expect(run.bytes > 3 << 20)
        try run.restart(retention: Self.policy(2 << 20))
        for _ in 0..<60 { try run.sample() }
        try run.samples(60, within: 2 << 20)
        #expect(run.losses.count < 3, "\(run.losses)")
        try run.expectWhole()
    }
}
