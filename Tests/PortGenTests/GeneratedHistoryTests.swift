import PortHistory
import PortModel
import TestSupport
import Testing

@testable import portgen

/// An hour of a simulated host, in a range of ports that is small enough to be used up.
struct GeneratedHistoryTests {
    private static var plan: Plan {
        var plan = Plan()
        plan.duration = 3_600_000
        plan.scale = 2
        plan.range = PortRange(first: 32768, last: 34767)
        plan.start = Timestamp(milliseconds: 1_790_856_000_000)  // noon
        return plan
    }

    /// A sample as the generator made it.
    private struct Recorded {
        var sample: SampleRecord
        var rows: [SocketRow]
    }

    private static func generate(_ plan: Plan, _ path: String) throws -> (GenerationSummary, [Recorded]) {
        var recorded: [Recorded] = []
        let generator = HistoryGenerator(plan: plan, database: path)
        let summary = try generator.run(onSample: { recorded.append(Recorded(sample: $0, rows: $1)) })
        return (summary, recorded)
    }

    @Test("every sample of a generated history is rebuilt as it was made")
    func lossless() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let (summary, recorded) = try Self.generate(Self.plan, path)
        #expect(summary.samples == 360 && recorded.count == 360)
        #expect(summary.intervals > 5000)
        #expect(summary.bytes == FileSizes(of: path).total)

        var intervals = 0
        try HistoryReader(path: path).read { view in
            #expect(try view.newestSample()?.number == 360)
            for made in recorded {
                let rebuilt = try view.sockets(at: made.sample.number)
                #expect(rebuilt.count == made.rows.count && made.sample.sockets == made.rows.count)
                let rows = try Set(rebuilt.map { try Self.row(of: $0, view) })
                #expect(rows == Set(made.rows.map(Self.withoutTimer)), "sample \(made.sample.number)")
            }
            try view.intervals(in: 1...360) { _ in intervals += 1 }
        }
        #expect(intervals == summary.intervals)
    }

    @Test("the same plan gives the same samples, another seed others")
    func deterministic() throws {
        var plan = Self.plan
        plan.duration = 600_000
        let folder = try TemporaryFolder()
        let first = try Self.generate(plan, folder.file("first.db")).1.map(\.rows)
        #expect(try Self.generate(plan, folder.file("second.db")).1.map(\.rows) == first)
        plan.seed += 1
        #expect(try Self.generate(plan, folder.file("third.db")).1.map(\.rows) != first)
    }

    @Test("the population keeps to the kernel's rules")
    func kernelRules() throws {
        var previous: [Connection: SocketRow] = [:]
        var before: SampleRecord?
        let folder = try TemporaryFolder()
        let plan = Self.plan
        let ephemeral = try #require(Self.changedRange(plan))
        var listened: Set<UInt16> = []
        for made in try Self.generate(plan, folder.file("history.db")).1 {
            for row in made.rows where row.state == .listen { listened.insert(row.local.port) }
            var current: [Connection: SocketRow] = [:]
            for row in made.rows where row.isConnectedTCP {
                let other = current.updateValue(row, forKey: Connection(row))
                #expect(other == nil, "two sockets on one four-tuple: \(row)")
                // Whatever is not accepted has a port that the kernel chose.
                let isChosen = ephemeral.contains(row.local.port)
                #expect(isChosen || listened.contains(row.local.port), "\(row)")
                let isOrphan = row.state == .timeWait || row.state == .finWait2
                #expect(isOrphan ? row.inode == 0 && row.uid == 0 : row.timerTicks == 0, "\(row)")
                #expect(row.timerTicks <= 6000)
            }
            let inodes = made.rows.map(\.inode).filter { $0 != 0 }
            #expect(Set(inodes).count == inodes.count)
            if let before, before.bootID == made.sample.bootID {
                Self.checkTimeWaits(previous, current, elapsed: (made.sample.bootClock - before.bootClock) / 10)
            }
            previous = current
            before = made.sample
        }
    }

    /// A TIME_WAIT stands until its 60 s are over, and no longer; only another connection on its four-tuple ends it before.
    private static func checkTimeWaits(
        _ previous: [Connection: SocketRow], _ current: [Connection: SocketRow], elapsed: Int64
    ) {
        for (connection, row) in previous where row.state == .timeWait {
            let left = Int64(row.timerTicks) - elapsed
            if let now = current[connection] {
                let isNew = now.state != .timeWait || now.timerTicks > row.timerTicks
                #expect(isNew || abs(Int64(now.timerTicks) - left) <= 1)
            } else {
                // The connection that took the four-tuple over may have gone as well between the samples.
                let mayBeTaken = row.remote.address.isLoopback || listens(row)
                #expect(left <= 1 || mayBeTaken, "\(row) had \(left) ticks left")
            }
        }
        for (connection, row) in current where row.state == .timeWait && previous[connection]?.state != .timeWait {
            #expect(Int64(row.timerTicks) >= 6000 - elapsed - 1)
        }
    }

    /// An accepted connection's TIME_WAIT is taken over by the client's next SYN.
    private static func listens(_ row: SocketRow) -> Bool { row.local.port < 32768 }

    @Test("the story has its incidents")
    func incidents() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("history.db")
        let plan = Self.plan
        let (_, recorded) = try Self.generate(plan, path)
        let cast = CastBuilder.build(plan)
        #expect(cast.services.count >= 200 && cast.destinations.count == 50)
        #expect(Set(recorded.map(\.sample.bootID)).count == 2)

        // The burst: one destination's ports nearly used up by TIME_WAIT.
        let burst = cast.destinations[cast.streams[cast.burst].destination]
        let used = recorded.map { made in
            made.rows.count { $0.remote == burst.remote && $0.state == .timeWait }
        }
        #expect(try #require(used.max()) > plan.limits.choosable * 85 / 100)
        // The leak: a program that never closes.
        let leak = cast.destinations[cast.streams[cast.leak].destination]
        let leaked = recorded.map { made in made.rows.count { $0.remote == leak.remote && $0.state == .closeWait } }
        #expect(try #require(leaked.max()) > 300 && leaked.last ?? 1 < 10)
        // The theft: an outgoing connection on the port of a listener that is down.
        let port = cast.services[cast.stolen].port
        #expect(plan.range.contains(port))
        let stolen = recorded.count { made in
            made.rows.contains { $0.local.port == port && $0.isConnectedTCP && $0.remote.port < 32768 }
                && !made.rows.contains { $0.local.port == port && $0.state == .listen }
        }
        #expect(stolen >= 3)

        try HistoryReader(path: path).read { view in
            #expect(try view.limits(in: 1...360).count == 2)
            var states: Set<SocketState> = []
            var tables: Set<SocketTable> = []
            var roles: [ConnectionRole: Int] = [:]
            var hasMapped = false
            var hasShared = false
            try view.intervals(in: 1...360) { interval in
                states.insert(interval.state)
                tables.insert(interval.table)
                roles[interval.role, default: 0] += 1
                if interval.table == .tcp6, interval.remote.address.isIPv4 { hasMapped = true }
                if try view.holder(interval.holder).ownership.owners.count > 1 { hasShared = true }
            }
            #expect(states.isSuperset(of: [.established, .timeWait, .listen, .closeWait, .finWait2, .synSent, .close]))
            #expect(tables == Set(SocketTable.allCases))
            #expect(roles[.outgoing, default: 0] > 1000 && roles[.accepted, default: 0] > 1000)
            #expect(hasMapped && hasShared)
            let reusePort = Dictionary(grouping: try view.sockets(at: 1).filter { $0.state == .listen }, by: \.local)
            #expect(reusePort.values.contains { $0.count > 1 })
        }
    }

    // MARK: - Rows

    private struct Connection: Hashable {
        var local: Endpoint
        var remote: Endpoint

        init(_ row: SocketRow) {
            local = row.local
            remote = row.remote
        }
    }

    /// The range that is in force at the end.
    private static func changedRange(_ plan: Plan) -> PortRange? {
        PortRange(first: plan.range.first / 2, last: plan.range.last)
    }

    private static func withoutTimer(_ row: SocketRow) -> SocketRow {
        var row = row
        row.timerTicks = 0
        return row
    }

    private static func row(of socket: SocketInterval, _ view: HistoryView) throws -> SocketRow {
        SocketRow(
            table: socket.table, state: socket.state, local: socket.local, remote: socket.remote,
            uid: try view.holder(socket.holder).uid ?? 0, inode: socket.inode)
    }
}
