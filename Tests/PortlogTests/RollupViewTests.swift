import PortHistory
import PortModel
import TestSupport
import Testing

/// The views of minutes, hours and days, asked by SQLite's shell: they tell what counting every sample of the story gives.
struct RollupViewTests {
    typealias Row = [String: SQLiteShell.Cell]

    /// What one number was at each sample; before the first it was 0.
    private struct Course {
        var levels = Array(repeating: 0, count: ViewsHistory.count + 1)
        var opened = Array(repeating: 0, count: ViewsHistory.count + 1)
        var closed = Array(repeating: 0, count: ViewsHistory.count + 1)

        /// The number of members of a set that changes with the samples.
        init(of set: (Int) -> Set<String>) {
            var before: Set<String> = []
            for sample in 1...ViewsHistory.count {
                let now = set(sample)
                levels[sample] = now.count
                opened[sample] = now.subtracting(before).count
                closed[sample] = before.subtracting(now).count
                before = now
            }
        }

        /// A number that changes with the samples.
        init(level: (Int) -> Int) { for sample in 1...ViewsHistory.count { levels[sample] = level(sample) } }

        func changes(in samples: ClosedRange<Int>) -> Bool {
            samples.contains { levels[$0] != levels[$0 - 1] || opened[$0] > 0 || closed[$0] > 0 }
        }

        /// The highest level of some samples, and which of them has it first.
        func peak(_ samples: ClosedRange<Int>) -> (level: Int, sample: Int) {
            samples.reduce((-1, 0)) { levels[$1] > $0.0 ? (levels[$1], $1) : $0 }
        }

        /// Level, mean and peak as columns; NULL where nothing changed.
        func columns(_ name: String, _ samples: ClosedRange<Int>) -> Row {
            if !changes(in: samples) {
                return [name: nil, "\(name)_mean": nil, "\(name)_max": nil, "\(name)_max_at": nil]
            }
            let sum = samples.reduce(0) { $0 + levels[$1] }
            let peak = peak(samples)
            return [
                name: .init(levels[samples.upperBound]), "\(name)_mean": .number(Double(sum) / Double(samples.count)),
                "\(name)_max": .init(peak.level), "\(name)_max_at": .text(ViewsHistory.time(peak.sample).rfc3339),
            ]
        }

        /// How many came or went as a column; NULL where nothing changed.
        func count(_ name: String, _ counts: [Int], _ samples: ClosedRange<Int>) -> Row {
            [name: changes(in: samples) ? .init(samples.reduce(0) { $0 + counts[$1] }) : nil]
        }
    }

    /// A minute, hour or day that the history has: hours and days are there when they are over.
    private struct Bucket {
        var resolution: String
        var samples: ClosedRange<Int>
    }

    private let shell: SQLiteShell
    private let history: ViewsHistory

    init() throws {
        history = try ViewsHistory()
        shell = SQLiteShell(history.path)
    }

    private static let buckets: [Bucket] = {
        let all = [("minute", 60_000 as Int64), ("hour", 3_600_000), ("day", 86_400_000)]
        return all.flatMap { resolution, length in
            let groups = Dictionary(grouping: 1...ViewsHistory.count) { ViewsHistory.time($0).milliseconds / length }
            let ranges = groups.values.map { ($0.min() ?? 1)...($0.max() ?? 1) }
            return ranges.filter { resolution == "minute" || $0.upperBound < ViewsHistory.count }
                .map { Bucket(resolution: resolution, samples: $0) }
        }
    }()

    /// The sockets of the story that a condition chooses, at each sample.
    private static func sockets(_ condition: (ViewsHistory.Socket) -> Bool) -> Course {
        Course { sample in
            Set(
                ViewsHistory.sockets(sample).filter(condition).map {
                    "\($0.namespace) \($0.row.table) \($0.row.local) \($0.row.remote) \($0.row.remote.isNone ? $0.row.inode : 0)"
                })
        }
    }

    /// The rows of a view: one for each bucket in which one of the courses changes.
    private static func rows(
        _ subject: Row, _ courses: [Course], _ columns: (ClosedRange<Int>) -> [Row]
    ) -> [Row] {
        buckets.filter { bucket in courses.contains { $0.changes(in: bucket.samples) } }.map { bucket in
            let (first, last) = (ViewsHistory.time(bucket.samples.lowerBound), bucket.samples.upperBound)
            let time: Row = [
                "resolution": .text(bucket.resolution), "at": .text(first.rfc3339), "at_ms": .init(first.milliseconds),
                "until": .text(ViewsHistory.time(last).rfc3339), "samples": .init(bucket.samples.count),
            ]
            return columns(bucket.samples).reduce(time.merging(subject) { $1 }) { $0.merging($1) { $1 } }
        }
    }

    private func expect(_ view: String, is expected: [Row]) throws {
        func rounded(_ row: Row) -> Row {
            row.mapValues { $0.number.map { .number(($0 * 1e9).rounded() / 1e9) } ?? $0 }
        }
        let found = try shell.rows("SELECT * FROM \(view)").map(rounded)
        let expected = expected.map(rounded)
        for row in Set(found).subtracting(expected) { Issue.record("not so: \(Self.text(row))") }
        for row in Set(expected).subtracting(found) { Issue.record("missing: \(Self.text(row))") }
        #expect(found.count == expected.count && !expected.isEmpty)
        for resolution in ["minute", "hour", "day"] {
            #expect(expected.contains { $0["resolution"] == .text(resolution) }, "\(view), \(resolution)")
        }
    }

    private static func text(_ row: Row) -> String {
        row.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    @Test("states has the sockets of each namespace, protocol and state")
    func states() throws {
        var expected: [Row] = []
        func add(_ namespace: String, _ transport: TransportProtocol, _ state: SocketState) {
            let sockets = Self.sockets { socket in
                (namespace == "all" || socket.namespace == namespace) && socket.row.table.transport == transport
                    && socket.row.state == state
            }
            let subject: Row = [
                "namespace": .text(namespace), "protocol": .text(transport.rawValue),
                "state": .text(state.name(in: transport)),
            ]
            expected += Self.rows(subject, [sockets]) { samples in
                [
                    sockets.columns("sockets", samples), sockets.count("opened", sockets.opened, samples),
                    sockets.count("closed", sockets.closed, samples),
                ]
            }
        }
        for transport in TransportProtocol.allCases {
            for state in SocketState.allCases {
                add("host", transport, state)
                add("ab12ab12ab12", transport, state)
            }
        }
        add("all", .tcp, .timeWait)
        try expect("states", is: expected)
    }

    @Test("services has what each listener has accepted, its TIME_WAITs, and how many listen")
    func services() throws {
        var expected: [Row] = []
        func add(_ namespace: String, _ transport: TransportProtocol, _ address: String, _ port: UInt16) {
            func isOf(_ socket: ViewsHistory.Socket) -> Bool {
                socket.namespace == namespace && socket.row.table.transport == transport
                    && socket.row.local.port == port
            }
            let sockets = Self.sockets { isOf($0) && $0.role == "accepted" }
            let waiting = Self.sockets { isOf($0) && $0.role == "accepted" && $0.row.state == .timeWait }
            let listening = Self.sockets { isOf($0) && $0.row.isListener }
            let subject: Row = [
                "namespace": .text(namespace), "protocol": .text(transport.rawValue), "local_address": .text(address),
                "local_port": .init(port),
            ]
            expected += Self.rows(subject, [sockets, waiting, listening]) { samples in
                let listens = listening.columns("listening", samples).filter {
                    ["listening", "listening_max"].contains($0.key)
                }
                return [
                    sockets.columns("sockets", samples), sockets.count("opened", sockets.opened, samples),
                    sockets.count("closed", sockets.closed, samples), waiting.columns("time_wait", samples),
                    waiting.count("time_wait_entered", waiting.opened, samples), listens,
                ]
            }
        }
        add("host", .tcp, "0.0.0.0", 443)
        add("host", .tcp, "::", 8080)
        add("host", .tcp, "127.0.0.1", 631)
        add("host", .udp, "0.0.0.0", 53)
        add("ab12ab12ab12", .tcp, "0.0.0.0", 6379)
        try expect("services", is: expected)
    }

    @Test("destinations has the ports used, of how many, and the TIME_WAITs")
    func destinations() throws {
        var expected: [Row] = []
        func add(_ address: String, _ port: UInt16) {
            func isOf(_ socket: ViewsHistory.Socket) -> Bool {
                socket.row.remote.address.description == address && socket.row.remote.port == port
            }
            let used = Self.sockets { isOf($0) }
            let waiting = Self.sockets { isOf($0) && $0.row.state == .timeWait }
            let subject: Row = [
                "namespace": "host", "protocol": "tcp", "local_address": "10.0.0.1", "remote_address": .text(address),
                "remote_port": .init(port),
            ]
            expected += Self.rows(subject, [used, waiting]) { samples in
                // No minute of the story has both limits; in its hours and days the highest level is the highest utilization.
                let peak = used.peak(samples)
                let capacity = ViewsHistory.limits(peak.sample).choosable
                let isChanged = used.changes(in: samples)
                return [
                    used.columns("used", samples), used.count("opened", used.opened, samples),
                    used.count("closed", used.closed, samples), waiting.columns("time_wait", samples),
                    waiting.count("time_wait_entered", waiting.opened, samples),
                    [
                        "capacity": isChanged ? .init(capacity) : nil,
                        "utilization_max": isChanged ? .number(Double(peak.level) / Double(capacity)) : nil,
                    ],
                ]
            }
        }
        add("10.0.0.5", 5432)
        add("203.0.113.6", 443)
        try expect("destinations", is: expected)
    }

    @Test("ports has the ports with sockets, and those that connect() could choose")
    func ports() throws {
        var expected: [Row] = []
        func add(_ namespace: String, _ transport: TransportProtocol, _ limits: (Int) -> PortLimits) {
            let used = Course { sample in
                let sockets = ViewsHistory.sockets(sample).filter {
                    $0.namespace == namespace && $0.row.table.transport == transport
                }
                return Set(sockets.map(\.row.local.port).filter(limits(sample).mayChoose).map(String.init))
            }
            let ports = Course(level: { used.levels[$0] })
            let open = Course(level: { transport == .tcp ? limits($0).choosable : 0 })
            let subject: Row = ["namespace": .text(namespace), "protocol": .text(transport.rawValue)]
            expected += Self.rows(subject, [ports, open]) { samples in
                let level = open.columns("open", samples).filter { ["open", "open_mean"].contains($0.key) }
                return [ports.columns("used", samples), level]
            }
        }
        for transport in TransportProtocol.allCases {
            add("host", transport, ViewsHistory.limits)
            add("ab12ab12ab12", transport) { _ in PortLimits() }
        }
        try expect("ports", is: expected)
    }

    @Test("a WHERE on resolution, time and subject chooses from all rows")
    func conditions() throws {
        let all = try shell.rows("SELECT * FROM services")
        let from = ViewsHistory.time(100)
        let expected = all.filter { row in
            row["resolution"] == "minute" && row["local_port"] == 443
                && row["at_ms"]?.number ?? 0 >= Double(from.milliseconds)
        }
        let condition = "resolution = 'minute' AND at_ms >= \(from.milliseconds) AND local_port = '443'"
        let found = try shell.rows("SELECT * FROM services WHERE \(condition)")
        #expect(Set(found) == Set(expected) && found.count == expected.count && !found.isEmpty)
        let later = try shell.rows(
            "SELECT * FROM services WHERE at >= '\(from.rfc3339)' AND resolution = 'minute' AND local_port = 443")
        #expect(Set(later) == Set(expected))
    }
}
