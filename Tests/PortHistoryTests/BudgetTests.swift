import Foundation
import GRDB
import PortHistory
import PortModel
import TestSupport
import Testing

/// A history keeps to its budget, whatever happens, and what it keeps is whole.
struct BudgetTests {
    private static func policy(_ budget: Int64) -> RetentionPolicy {
        var policy = RetentionPolicy.standard
        policy.budget = budget
        return policy
    }

    /// As many samples as are asked for in the environment (`make soak`), or fewer.
    private static let samples = ProcessInfo.processInfo.environment["PORTLOG_SOAK_SAMPLES"].flatMap { Int($0) } ?? 600

    @Test("8 MiB under heavy churn: never above the budget, no sample lost, and all that is kept is whole")
    func churn() throws {
        let budget: Int64 = 8 << 20
        let run = try RecordedRun(BusyHost(seed: 1), retention: Self.policy(budget))
        for number in 1...Self.samples {
            try run.sample()
            #expect(run.bytes <= budget, "sample \(number)")
            if number.isMultiple(of: 300) { try run.expectWhole(oneIn: 7) }
        }
        #expect(run.losses.count == 0)
        try run.expectWhole()
        let oldest = try #require(try HistoryReader(path: run.path).read { try $0.oldestSample()?.number })
        let verdict = try DatabaseQueue(path: run.path).read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(verdict == "ok")
        let costs = run.costs.sorted()
        print(
            "kept \(Self.samples - oldest + 1) of \(Self.samples) samples, at most \(run.mostBytes) bytes;",
            "ms a sample: median \(costs[costs.count / 2]), 99 % \(costs[costs.count * 99 / 100]), worst \(costs.last ?? 0)"
        )
    }
}
