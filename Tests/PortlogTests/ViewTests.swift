import PortHistory
import PortModel
import TestSupport
import Testing

/// The views of samples and sockets, asked by SQLite's shell: they tell what was recorded.
struct ViewTests {
    typealias Row = [String: SQLiteShell.Cell]

    /// A socket in one state, as the story has it.
    private struct Interval {
        var socket: ViewsHistory.Socket
        var first: Int
        var last: Int
        var firstSeen: Int
    }

    private let shell: SQLiteShell
    private let history: ViewsHistory

    init() throws {
        history = try ViewsHistory()
        shell = SQLiteShell(history.path)
    }

    /// When a sample was taken as far as is known: what is no longer kept is told by its minute, and lies evenly in it.
    private static func time(_ sample: Int) -> String {
        let isExact = sample >= ViewsHistory.oldestKept || sample % 3 != 2
        let time = ViewsHistory.time(sample)
        return (isExact ? time : time - 400).rfc3339
    }

    private static func key(_ socket: ViewsHistory.Socket) -> String {
        let row = socket.row
        return "\(socket.namespace) \(row.table) \(row.local) \(row.remote) \(row.remote.isNone ? row.inode : 0)"
    }

    /// Every interval of the story.
    private static func intervals() -> [Interval] {
        var open: [String: Interval] = [:]
        var ended: [Interval] = []
        for sample in 1...ViewsHistory.count {
            var next: [String: Interval] = [:]
            for socket in ViewsHistory.sockets(sample) {
                let key = key(socket)
                var interval = Interval(socket: socket, first: sample, last: sample, firstSeen: sample)
                if let before = open[key] {
                    interval.firstSeen = before.firstSeen
                    if before.socket.row.state == socket.row.state { interval.first = before.first }
                    if before.socket.row.state != socket.row.state { ended.append(before) }
                }
                next[key] = interval
            }
            ended += open.filter { next[$0.key] == nil }.values
            open = next
        }
        return ended + open.values
    }

    /// The row of `sockets` for an interval, without its holder.
    private static func row(_ interval: Interval) -> Row {
        let (socket, row) = (interval.socket, interval.socket.row)
        let hasPeer = !row.remote.isNone
        let isOpen = interval.last == ViewsHistory.count
        let attribution = socket.owners.isEmpty ? "unknown" : row.inode == 0 ? "inherited" : "observed"
        return [
            "namespace": .text(socket.namespace), "protocol": .text(row.table.transport.rawValue),
            "family": .text(row.table.family.rawValue), "state": .text(row.state.name(in: row.table.transport)),
            "role": .init(socket.role), "local_address": .text(row.local.address.text(in: row.table.family)),
            "local_port": .init(row.local.port),
            "remote_address": .init(hasPeer ? row.remote.address.text(in: row.table.family) : nil),
            "remote_port": .init(hasPeer ? row.remote.port : nil), "uid": .init(row.inode == 0 ? nil : row.uid),
            "inode": .init(row.inode == 0 ? nil : row.inode),
            "owners": .text(socket.owners.map { "\($0.command)/\($0.pid)" }.joined(separator: ", ")),
            "attribution": .text(attribution), "is_open": .init(isOpen ? 1 : 0), "first_sample": .init(interval.first),
            "last_sample": .init(interval.last), "from_at": .text(time(interval.first)),
            "to_at": .init(isOpen ? nil : time(interval.last)), "first_seen_at": .text(time(interval.firstSeen)),
        ]
    }

    private func expectSame(_ found: [Row], _ expected: [Row]) {
        for row in Set(found).subtracting(expected) { Issue.record("not recorded: \(Self.text(row))") }
        for row in Set(expected).subtracting(found) { Issue.record("missing: \(Self.text(row))") }
        #expect(found.count == expected.count)
    }

    private static func text(_ row: Row) -> String {
        row.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    @Test("samples has the samples that are kept, as they were recorded")
    func samples() throws {
        let expected = history.samples.dropFirst(ViewsHistory.oldestKept - 1).map { sample -> Row in
            [
                "number": .init(sample.number), "taken_at": .text(sample.takenAt.rfc3339),
                "taken_at_ms": .init(sample.takenAt.milliseconds), "boot_id": "boot", "host": "web1.example.org",
                "interval_s": 20, "duration_ms": .number(12.25), "cpu_ms": .number(8.5),
                "sockets": .init(ViewsHistory.sockets(sample.number).count), "missed": .init(sample.missed),
                "permission_denied": .init(sample.permissionDenied), "malformed": .init(sample.malformed),
                "listen_overflows": .init(sample.listenOverflows), "listen_drops": 5, "time_wait_overflow": 7,
            ]
        }
        expectSame(try shell.rows("SELECT * FROM samples"), expected)
    }

    @Test("sockets has every interval of the samples that are kept, and no other than were recorded")
    func sockets() throws {
        let found = try shell.rows("SELECT * FROM sockets").map { row in
            #expect(row["holder"]?.number != nil)
            return row.filter { $0.key != "holder" }
        }
        let story = Self.intervals()
        #expect(Set(found).count == found.count)
        #expect(Set(found).subtracting(story.map(Self.row)).isEmpty)
        let kept = story.filter { $0.last >= ViewsHistory.oldestKept }.map(Self.row)
        expectSame(found.filter { ($0["last_sample"]?.number ?? 0) >= Double(ViewsHistory.oldestKept) }, kept)
        #expect(kept.count > 400)
    }

    @Test("sockets found by their port are those that a pass over everything finds, whatever the port")
    func socketsOfAPort() throws {
        let columns = "SELECT local_port, remote_port, state, first_sample FROM sockets"
        let all = try shell.rows(columns)
        for port in [53, 443, 8080, 40_250, 44_003, 45_000, 1] {
            let expected = all.filter { $0["local_port"] == .init(port) }
            expectSame(try shell.rows("\(columns) WHERE local_port = \(port)"), expected)
            // As text, as it comes from a form.
            expectSame(try shell.rows("\(columns) WHERE local_port = '\(port)'"), expected)
            #expect(expected.isEmpty == (port == 1))
        }
    }

    @Test(
        "listeners has those of the whole history, with the times that minutes, hours or days have kept",
        arguments: [(Int64.max, Int64.max), (3_600_000, .max), (3_600_000, 3_600_000)])
    func listeners(minutes: Int64, hours: Int64) throws {
        let history = try ViewsHistory(minutes: minutes, hours: hours)
        let shell = SQLiteShell(history.path)
        let buckets = try shell.rows("SELECT min(level) AS finest FROM bucket WHERE first = 1")
        #expect(buckets == [["finest": minutes == .max ? 0 : hours == .max ? 1 : 2]])
        let expected = Self.intervals().filter { $0.socket.row.isListener }.map { interval -> Row in
            var row = Self.row(interval)
            row["units"] = .text(Set(interval.socket.owners.compactMap(\.unit)).sorted().joined(separator: ", "))
            row["containers"] = .text(interval.socket.owners.compactMap(\.container).joined(separator: ", "))
            return row
        }
        let found = try shell.rows("SELECT * FROM listeners").map { $0.filter { $0.key != "holder" } }
        expectSame(found, expected)
        #expect(expected.contains { $0["last_sample"] == 119 })
    }

    @Test("owners has the processes of every holder")
    func owners() throws {
        let found = try shell.rows(
            """
            SELECT DISTINCT s.owners, o.* FROM sockets s JOIN owners o USING (holder)
            WHERE s.local_port = 443 AND s.state = 'listen' AND s.is_open = 1
            """)
        let listener = try #require(ViewsHistory.sockets(ViewsHistory.count).first { $0.row.inode == 11 })
        let expected = listener.owners.map { owner -> Row in
            [
                "owners": "nginx/110, nginx/111", "holder": found.first?["holder"] ?? nil, "attribution": "observed",
                "pid": .init(owner.pid), "started_at": .text(owner.startedAt.rfc3339), "command": "nginx",
                "executable": "/usr/sbin/nginx", "uid": .init(owner.uid), "unit": "nginx.service", "container": nil,
            ]
        }
        #expect(expected.count == 2)
        expectSame(found, expected)
        let nobody = try shell.rows(
            "SELECT o.pid FROM sockets s JOIN owners o USING (holder) WHERE s.local_port = 631")
        #expect(nobody.isEmpty)
    }

    @Test("sysctls has the limits of each namespace, from when to when")
    func sysctls() throws {
        func row(_ namespace: String, _ limits: PortLimits, _ samples: ClosedRange<Int>) -> Row {
            let isInForce = samples.upperBound == ViewsHistory.count
            return [
                "namespace": .text(namespace), "first_sample": .init(samples.lowerBound),
                "last_sample": .init(samples.upperBound), "from_at": .text(Self.time(samples.lowerBound)),
                "to_at": .init(isInForce ? nil : Self.time(samples.upperBound)),
                "range_first": .init(limits.range.first), "range_last": .init(limits.range.last),
                "reserved_ports": .text(limits.reserved.list), "unprivileged_start": 1024,
                "tw_reuse": .init(limits.timeWaitReuse), "tw_reuse_delay_ms": 1000, "max_tw_buckets": 262_144,
                "timestamps": 1, "fin_timeout_s": 60, "autobind_reuse": 0, "nonlocal_bind": 0, "bindv6only": 0,
                "kernel_release": .text(limits.kernelRelease), "assumed": 0,
            ]
        }
        let change = ViewsHistory.limitsChange
        expectSame(
            try shell.rows("SELECT * FROM sysctls"),
            [
                row("host", ViewsHistory.limits(1), 1...change - 1),
                row("host", ViewsHistory.limits(change), change...ViewsHistory.count),
                row("ab12ab12ab12", PortLimits(), 1...ViewsHistory.count),
            ])
    }
}
