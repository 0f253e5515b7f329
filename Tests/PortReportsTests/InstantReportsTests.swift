import PortHistory
import PortModel
import Testing

@testable import PortReports

/// The questions about one moment: `status`, `sockets`, `listeners`.
struct InstantReportsTests {
    private let web = PortOwner.running("web", pid: 10)
    private let worker = PortOwner.running("web", pid: 12)
    private let curl = PortOwner.running("curl", pid: 11, uid: 1000)

    private func host() throws -> RecordedHost {
        let host = try RecordedHost()
        try host.record(1, [.listener("0.0.0.0:80", inode: 1, web)])
        host.pause(9)
        try host.record(
            1,
            [
                .connection("10.0.0.1:40000", "10.0.0.2:443", .timeWait), .listener("0.0.0.0:80", inode: 1, web),
                .connection("10.0.0.1:80", "10.0.0.2:50000", inode: 7, web), .listener("[::]:22", inode: 2, web),
                .connection("10.0.0.1:80", "10.0.0.2:50001", inode: 8, web), .datagram("0.0.0.0:53", inode: 3, web),
                .connection("10.0.0.1:5353", "10.0.0.2:53", table: .udp, inode: 9, curl),
            ])
        return host
    }

    @Test("the sockets of a sample stand by protocol, family, port, address and peer")
    func sockets() throws {
        let report = try host().ask { try SocketsReport.make($0, InstantQuery()) }
        #expect(report.sockets.map(\.local.port) == [80, 80, 80, 40000, 22, 53, 5353])
        #expect(report.sockets.map(\.remote?.port) == [nil, 50000, 50001, 443, nil, nil, 53])
        #expect(report.sample.number == 2 && report.at == RecordedHost.time(11) && report.omitted == 0)
    }

    @Test("an instant is answered by the newest sample not after it")
    func instant() throws {
        let query = InstantQuery(at: RecordedHost.time(5))
        let report = try host().ask { try SocketsReport.make($0, query) }
        #expect(report.at == RecordedHost.time(5) && report.sample.takenAt == RecordedHost.time(1))
        #expect(report.sockets.count == 1)
        #expect(report.sockets.first?.lastSeen == RecordedHost.time(11), "the history knows it by now")
        #expect(throws: NoSampleError.self) {
            try host().ask { try SocketsReport.make($0, InstantQuery(at: RecordedHost.time(0))) }
        }
    }

    @Test("filters and the limit apply, and what is left out is counted")
    func limit() throws {
        let query = InstantQuery(filter: SocketFilter(transport: .tcp), limit: 2)
        let report = try host().ask { try SocketsReport.make($0, query) }
        #expect(report.sockets.count == 2 && report.omitted == 3)
    }

    @Test("listeners are TCP's and UDP sockets without a peer")
    func listeners() throws {
        let host = try host()
        let report = try host.ask { try ListenersReport.make($0, InstantQuery()) }
        #expect(report.listeners.map(\.socket.local.port) == [80, 22, 53])
        #expect(report.listeners.allSatisfy { $0.sharing == .none && $0.portClass == .wellKnown })
    }

    @Test("the class of a port is that of the range then, and sharing tells sockets from processes")
    func classes() throws {
        let host = try RecordedHost()
        host.limits = .range(9000, 9999)
        try host.record(
            1,
            [
                .listener("0.0.0.0:80", inode: 1, web, worker), .listener("0.0.0.0:8080", inode: 2, web),
                .listener("0.0.0.0:8080", inode: 3, worker), .listener("[::]:8080", inode: 4, web),
                .listener("0.0.0.0:9500", inode: 5, web), .listener("0.0.0.0:50000", inode: 6),
                .datagram("0.0.0.0:8080", inode: 7, web),
            ])
        let report = try host.ask { try ListenersReport.make($0, InstantQuery()) }
        #expect(report.listeners.map(\.socket.local.port) == [80, 8080, 8080, 9500, 50000, 8080, 8080])
        #expect(
            report.listeners.map(\.portClass) == [
                .wellKnown, .registered, .registered, .ephemeral, .dynamic, .registered, .registered,
            ])
        #expect(report.listeners.map(\.sharing) == [.inherited, .reuseport, .reuseport, .none, .none, .none, .none])
        let limited = try host.ask { try ListenersReport.make($0, InstantQuery(limit: 2)) }
        #expect(limited.omitted == 5)
        #expect(limited.listeners.map(\.sharing) == [.inherited, .reuseport], "by all sockets, not by those shown")
    }

    @Test("the totals count by namespace, protocol, family and state")
    func status() throws {
        let facts = DatabaseFacts(path: "/x.db", bytes: 4096)
        let report = try host().ask { try StatusReport.make($0, StatusQuery(recording: true, database: facts)) }
        #expect(
            report.totals.map(\.stateName) == [
                "established", "time_wait", "listen", "listen", "established", "unconnected",
            ])
        #expect(report.totals.map(\.count) == [2, 1, 1, 1, 1, 1])
        #expect(report.totals.allSatisfy { $0.namespace == "host" })
        #expect(report.lastSample.number == 2 && report.lastSample.sockets == 7)
        #expect(report.database.samples == 2 && report.database.firstSampleAt == RecordedHost.time(1))
    }

    @Test("the JSON has every field of the contract")
    func documents() throws {
        let host = try host()
        let facts = DatabaseFacts(path: "/x.db", bytes: 4096)
        let status = try json(of: host.ask { try StatusReport.make($0, StatusQuery(recording: true, database: facts)) })
        #expect(
            keys(status) == [
                "alerts", "at", "command", "database", "host", "interval_ms", "last_sample", "losing", "missed_samples",
                "namespaces", "omitted", "recording", "totals",
            ])
        #expect(
            keys(status["database"]) == [
                "budget_bytes", "bytes", "first_sample_at", "hours_since", "keep_samples_ms", "minutes_since", "path",
                "samples", "schema", "shortened_by_budget",
            ])
        #expect(
            keys(status["last_sample"]) == ["cpu_ms", "duration_ms", "errors", "number", "sockets", "taken_at"])
        #expect(
            keys((status["totals"] as? [Any])?.first) == ["count", "family", "namespace", "protocol", "state"])
        let sockets = try json(of: host.ask { try SocketsReport.make($0, InstantQuery()) })
        #expect(keys(sockets) == ["at", "command", "host", "omitted", "sample", "sockets"])
        #expect(keys(sockets["sample"]) == ["number", "taken_at"])
        let listeners = try json(of: host.ask { try ListenersReport.make($0, InstantQuery()) })
        #expect(keys(listeners) == ["at", "command", "host", "listeners", "omitted", "sample"])
        let listener = try #require((listeners["listeners"] as? [[String: Any]])?.first)
        #expect(listener["port_class"] as? String == "well_known" && listener["sharing"] as? String == "none")
        #expect(listener.count == 17)
    }
}
