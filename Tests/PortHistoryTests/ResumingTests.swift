import PortHistory
import PortModel
import Testing

/// What a recorder goes on with, after a restart or a reboot, is what there was.
struct ResumingTests {
    private static let day: Int64 = 86_400_000

    private func destinations(_ numbers: Range<UInt32>, _ state: SocketState = .established) -> [SocketRow] {
        numbers.map { .connection(40_000 + UInt16($0), to: $0, state) }
    }

    @Test("a restart gives nobody's series away, in whatever order the sockets come back")
    func fullOfDestinations() throws {
        let run = try HandwrittenRun()
        try run.sample(destinations(0..<1024))
        let notable = (0..<20).map { SocketRow.connection(50_000 + $0, to: 5000) }
        try run.sample(destinations(0..<1024) + notable)
        // Now their intervals stand behind the others'.
        try run.sample(destinations(0..<1024, .closeWait) + notable)
        try run.restart()
        try run.sample(destinations(0..<1024, .closeWait) + notable)
        #expect(try run.numbers("SELECT id FROM series WHERE until > 0") == [])
        #expect(try run.numbers("SELECT id FROM series WHERE kind = 3 AND remote_address <> ''").count == 1024)
        #expect(try run.numbers("SELECT opened FROM minute JOIN series ON id = series WHERE kind = 9") == [1])
        #expect(try run.problems() == [])
    }

    @Test("destinations whose last socket went shortly before a restart have not been quiet for a day")
    func quiet() throws {
        let run = try HandwrittenRun()
        try run.sample(destinations(0..<1024))
        try run.sample(destinations(0..<1024), after: 2 * Self.day)
        try run.sample([])
        try run.restart()
        try run.sample(destinations(3000..<3001))
        #expect(try run.numbers("SELECT id FROM series WHERE until > 0") == [])
        try run.sample(destinations(3000..<3002), after: Self.day + 60_000)
        #expect(try run.numbers("SELECT id FROM series WHERE until > 0").count == 1)
    }

    @Test("when a series changed last, and whose socket came last, outlives a restart")
    func lastChange() throws {
        let run = try HandwrittenRun()
        let rows = [SocketRow.connection(40_000, to: 1, owner: 7), .connection(40_001, to: 1, owner: 8)]
        try run.sample([rows[0]])
        try run.sample(rows)
        try run.restart()
        for _ in 0..<12 { try run.sample(rows) }
        let destination = "FROM series JOIN series_now n ON n.series = series.id"
        #expect(try run.numbers("SELECT last \(destination) WHERE kind = 3") == [2])
        #expect(try run.numbers("SELECT uid \(destination) JOIN holder ON holder.id = holder WHERE kind = 3") == [8])
        try run.restart()
        try run.sample([])
        for _ in 0..<6 { try run.sample([]) }
        #expect(try run.numbers("SELECT last \(destination) WHERE kind = 3") == [15])
        #expect(try run.problems() == [])
    }

    @Test("after a reboot it is told as before which UDP sockets served somebody")
    func datagrams() throws {
        let run = try HandwrittenRun()
        let shared = [SocketRow.datagrams(45_000, inode: 11), .datagrams(45_000, inode: 12)]
        for _ in 0..<8 {
            try run.sample([.datagrams(40_000, inode: 10)] + shared, after: 600_000, interval: 600_000)
        }
        try run.restart(bootID: "another boot")
        #expect(try run.numbers("SELECT inode FROM listener_interval ORDER BY inode") == [10, 11, 12])
        #expect(try run.numbers("SELECT count(*) FROM open_interval") == [0])
    }

    @Test("a reboot ends what stands open also where a small budget is full")
    func fullAtReboot() throws {
        var policy = RetentionPolicy.standard
        policy.budget = 1 << 20
        let run = try RecordedRun(
            BusyHost(seed: 12, plan: BusyHost.Plan(arrivals: 30, clients: 500, stay: 60)), retention: policy)
        try run.samples(120, within: 1 << 20)
        let sockets = run.host.rows.count
        run.bootID = "another boot"
        run.boot = 5000
        try run.restart(retention: policy)
        #expect(try run.count("open_interval") == 0 && sockets > 500)
        #expect(run.bytes <= 1 << 20)
        try run.expectWhole()
        try run.samples(30, within: 1 << 20)
        try run.expectWhole()
    }

    @Test(
        "a number that no recorder has written is damage, not the end of the recorder",
        arguments: [
            "UPDATE sample SET boot_clock = -9223372036854775808", "UPDATE sample SET boot_clock = 9223372036854775807",
            "UPDATE sample SET taken_at = -9223372036854775808", "UPDATE sample SET interval_ms = 9223372036854775807",
            "UPDATE sample SET number = number + 4294967296", "UPDATE bucket SET since = -9223372036854775808",
            "UPDATE bucket SET until = 9223372036854775807", "UPDATE bucket SET clock = 9223372036854775807",
            "UPDATE bucket SET opened = 9223372036854775807", "UPDATE minute SET total = 9223372036854775807",
            "UPDATE minute SET level = -9", "UPDATE series_now SET last = 9223372036854775807",
        ])
    func damaged(statement: String) throws {
        let run = try HandwrittenRun()
        for number in 0..<20 { try run.sample(destinations(0..<UInt32(number % 7))) }
        try run.damage(statement)
        do {
            try run.restart()
            Issue.record("it was opened")
        } catch HistoryError.damaged {}
    }
}
