import Foundation
import GRDB
import PortHistory
import PortModel
import Testing

/// A foreign reader that keeps its transaction open: the log cannot begin anew, and grows into its part of the budget.
struct HeldLogTests {
    /// A transaction that stays open.
    private final class HeldReader {
        private let queue: DatabaseQueue

        init(_ path: String) throws {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.allowsUnsafeTransactions = true
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN") }
            #expect(try newest() > 0)
        }

        /// The newest sample that it sees.
        func newest() throws -> Int {
            try queue.inDatabase { try Int.fetchOne($0, sql: "SELECT max(number) FROM sample") ?? 0 }
        }

        func end() throws { try queue.close() }
    }

    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    @Test("sampling goes on into the reserve, stops, and goes on by itself; nothing older is lost", arguments: [1, 8])
    func held(mebibytes: Int64) throws {
        let budget = mebibytes << 20
        var policy = RetentionPolicy.standard
        policy.budget = budget
        let plan = BusyHost.Plan(arrivals: 4 * Int(mebibytes))
        let run = try RecordedRun(BusyHost(seed: 8, plan: plan), retention: policy)
        try run.samples(100, within: budget)
        let reader = try HeldReader(run.path)
        let before = run.writer.newestSample
        while run.losses.isEmpty, run.writer.newestSample < before + 1000 { try run.samples(1, within: budget) }
        let newest = run.writer.newestSample
        #expect(newest > before + 3)
        #expect(Self.size(run.path + "-wal") > budget / 8)

        // As long as it lasts every sample is lost, for the same reason.
        try run.samples(30, within: budget)
        #expect(run.losses == Array(repeating: .logHeld(path: run.path), count: 31))
        #expect(run.writer.newestSample == newest)
        #expect(try reader.newest() == before)
        try run.expectWhole(oneIn: 3)

        try reader.end()
        try run.samples(100, within: budget)
        #expect(run.losses.count == 31)
        #expect(run.writer.newestSample == newest + 100)
        #expect(Self.size(run.path + "-wal") < budget / 2)
        try run.expectWhole(oneIn: 3)
        #expect(try run.integrity() == "ok")
    }

    @Test("readers that come and go keep nothing from going on")
    func shortReaders() throws {
        var policy = RetentionPolicy.standard
        policy.budget = 2 << 20
        let run = try RecordedRun(BusyHost(seed: 9, plan: BusyHost.Plan(arrivals: 8)), retention: policy)
        try run.sample()
        for _ in 0..<50 {
            let reader = try HeldReader(run.path)
            try run.samples(2, within: 2 << 20)
            try reader.end()
            try run.samples(1, within: 2 << 20)
        }
        #expect(run.losses == [])
        try run.expectWhole()
    }
}
