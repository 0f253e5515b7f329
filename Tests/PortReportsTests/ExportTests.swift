import Foundation
import PortHistory
import PortModel
import Testing

@testable import PortReports

/// Rows of `export`, from histories that a test has recorded.
struct ExportTests {
    private let shop = PortOwner.running("shop", pid: 7, uid: 1001, unit: "shop.service")

    /// Every row of an export, read in pages of a few rows.
    private func rows<Rows: Export>(
        _: Rows.Type, of host: RecordedHost, _ query: ExportQuery = ExportQuery(), pageRows: Int = 2
    ) throws -> [Rows.Row] {
        var export = try host.ask { try Rows($0, query) }
        var rows: [Rows.Row] = []
        while true {
            let page = try host.ask { try export.next($0, PageLimit(rows: pageRows)) }
            rows += page.rows
            if page.isLast { return rows }
        }
    }

    private func connection(_ port: Int, _ state: SocketState, inode: UInt64 = 0) -> RecordedHost.Socket {
        .connection("10.0.0.1:\(port)", "10.0.0.5:5432", state, inode: inode, shop)
    }

    /// A minute and a half: a listener throughout, connections that come, go to TIME_WAIT and go.
    private func story(retention: RetentionPolicy = .standard) throws -> RecordedHost {
        let host = try RecordedHost(retention: retention)
        let listener = RecordedHost.Socket.listener("0.0.0.0:80", inode: 1, shop)
        try host.record(30, [listener, connection(40000, .established, inode: 2)])
        try host.record(30, [listener, connection(40000, .timeWait), connection(40001, .established, inode: 3)])
        try host.record(30, [listener, connection(40001, .established, inode: 3)])
        return host
    }

    @Test("A row is one interval: state and owner from when to when, the socket's first sample, null while it lasts")
    func intervals() throws {
        let host = try story()
        let found = try rows(SocketExport.self, of: host).sorted { $0.from < $1.from }
        let states = found.map { "\($0.socket.local) \($0.socket.stateName)" }
        #expect(
            Set(states) == [
                "10.0.0.1:40000 established", "10.0.0.1:40000 time_wait", "10.0.0.1:40001 established",
                "0.0.0.0:80 listen",
            ])
        #expect(found.count == 4)
        let timeWait = try #require(found.first { $0.socket.state == .timeWait })
        #expect(timeWait.from == RecordedHost.time(31) && timeWait.to == RecordedHost.time(60))
        #expect(timeWait.socket.firstSeen == RecordedHost.time(1) && timeWait.socket.lastSeen == timeWait.to)
        #expect(timeWait.socket.owners.map(\.owner) == [shop] && timeWait.socket.attribution == .inherited)
        let open = try #require(found.first { $0.socket.local.port == 40001 })
        #expect(open.to == nil && open.socket.lastSeen == RecordedHost.time(90))
        let object = try json(of: open)
        #expect(object["to"] is NSNull && object["from"] as? String == RecordedHost.time(31).rfc3339)
        #expect(object["remote_port"] as? Int == 5432)
    }

    @Test("The rows are the documents of what the history tells, of any period and filter", arguments: [1, 100])
    func equality(pageRows: Int) throws {
        let host = try story()
        for (since, until) in [(1, 90), (10, 20), (45, 61), (90, 90)] {
            for filter in [SocketFilter(), SocketFilter(transport: .udp), SocketFilter(namespace: "host")] {
                let period = PeriodQuery(since: RecordedHost.time(since), until: RecordedHost.time(until))
                let query = ExportQuery(period: period, filter: filter)
                func wanted(
                    _ read: (HistoryView, ClosedRange<Int>, (SocketInterval) throws -> Void) throws -> Void
                ) throws -> Set<IntervalDocument> {
                    try host.ask { view in
                        var documents: Set<IntervalDocument> = []
                        let maker = SocketDocuments(view)
                        try read(view, try Period(view, period).samples) { interval in
                            let socket = try maker.document(of: interval, lastSeen: interval.last)
                            let from = try view.time(of: interval.first)
                            documents.insert(
                                IntervalDocument(
                                    socket: socket, from: from, to: interval.isOpen ? nil : socket.lastSeen))
                        }
                        return documents
                    }
                }
                let sockets = try rows(SocketExport.self, of: host, query, pageRows: pageRows)
                #expect(try Set(sockets) == wanted { try $0.intervals(in: $1, matching: filter, $2) })
                let listeners = try rows(ListenerExport.self, of: host, query, pageRows: pageRows)
                #expect(try Set(listeners) == wanted { try $0.listeners(in: $1, matching: filter, $2) })
                #expect(Set(sockets).count == sockets.count && Set(listeners).count == listeners.count)
            }
        }
    }

    @Test("A sample has all figures of its row")
    func samples() throws {
        let found = try rows(SampleExport.self, of: story())
        #expect(found.map(\.number) == Array(1...90))
        let object = try json(of: found[0])
        #expect(
            keys(object) == [
                "boot_clock_ms", "boot_id", "cpu_ms", "duration_ms", "errors", "interval_ms", "listen_drops",
                "listen_overflows", "missed", "number", "sockets", "taken_at", "time_wait_overflow",
            ])
        #expect(object["boot_id"] as? String == "boot" && object["duration_ms"] as? Double == 1.5)
        #expect(object["errors"] as? [String: Int] == ["permission_denied": 2, "malformed": 1])
        #expect(object["sockets"] as? Int == 2 && object["taken_at"] as? String == RecordedHost.time(1).rfc3339)
    }

    @Test("A destination has a row for each minute in which it changed, null for what did not change")
    func destinations() throws {
        let host = try story()
        let found = try rows(DestinationExport.self, of: host)
        // Sample 1 is the first second of a minute and sample 60 is in the next one.
        #expect(found.map(\.resolution) == ["minute", "minute"])
        #expect(found.map(\.samples) == [59, 31])
        let first = try #require(found.first)
        #expect(first.at == RecordedHost.time(1) && first.until == RecordedHost.time(59))
        #expect(first.localAddress == "10.0.0.1" && first.remoteAddress == "10.0.0.5" && first.remotePort == 5432)
        // One port for 30 samples, then two for 29.
        #expect(first.used?.mean == (Double(30 + 2 * 29) / 59 * 1000).rounded() / 1000)
        #expect(first.used?.max == 2 && first.used?.maxAt == RecordedHost.time(31))
        #expect(first.timeWait?.max == 1 && first.timeWait?.maxAt == RecordedHost.time(31))
        #expect(first.opened == 2 && first.closed == 0)
        let capacity = try #require(first.capacity)
        #expect(first.utilization == 2 / Double(capacity))
        #expect(found[1].opened == 0 && found[1].closed == 1 && found[1].used?.max == 2)
        // Nothing but the reading of time changes in a third minute.
        try host.record(60, [connection(40001, .established, inode: 3)])
        try host.record(60, [connection(40001, .timeWait)])
        let later = try rows(DestinationExport.self, of: host)
        #expect(later.count == 3 && later.last?.used == nil || later.last?.opened == 0)
        let object = try json(of: try #require(later.last))
        #expect(object.count == 14 && object["time_wait"] is [String: Any])
    }

    @Test("Destinations beyond those that are counted one by one have a row together, without addresses")
    func manyDestinations() throws {
        let host = try RecordedHost()
        let sockets = (0..<1030).map { number in
            RecordedHost.Socket.connection(
                "10.0.0.1:\(33_000 + number)", "10.0.\(1 + number / 250).\(1 + number % 250):443",
                inode: UInt64(number + 1), shop)
        }
        try host.record(2, sockets)
        let found = try rows(DestinationExport.self, of: host)
        #expect(found.count == 1025 && found.dropLast().allSatisfy { $0.remotePort == 443 && $0.used?.max == 1 })
        let others = try json(of: try #require(found.last))
        for field in ["local_address", "remote_address", "remote_port", "capacity", "utilization", "time_wait"] {
            #expect(others[field] is NSNull, "\(field)")
        }
        #expect((others["used"] as? [String: Any])?["max"] as? Int == 6 && others["opened"] as? Int == 6)
    }

    @Test("Sockets and samples begin where samples are kept, and say so; what is gone whole is an error")
    func kept() throws {
        let policy = RetentionPolicy(budget: nil, samples: 60_000, minutes: .max, hours: .max)
        let host = try story(retention: policy)
        try host.record(300, [.listener("0.0.0.0:80", inode: 1, shop)])
        let oldest = try host.ask { try #require(try $0.oldestSample()) }
        #expect(oldest.number > 200)
        func begin<Rows: Export>(_: Rows.Type, since: Int, until: Int) throws -> Rows {
            let period = PeriodQuery(since: RecordedHost.time(since), until: RecordedHost.time(until))
            return try host.ask { try Rows($0, ExportQuery(period: period)) }
        }
        #expect(try begin(SocketExport.self, since: 1, until: 390).keptSince == oldest.takenAt)
        #expect(try begin(SampleExport.self, since: 1, until: 390).keptSince == oldest.takenAt)
        #expect(try begin(SocketExport.self, since: 380, until: 390).keptSince == nil)
        #expect(try begin(ListenerExport.self, since: 1, until: 390).keptSince == nil)
        #expect(try begin(DestinationExport.self, since: 1, until: 390).keptSince == nil)
        #expect(throws: NoSampleError.self) { try begin(SocketExport.self, since: 1, until: 90) }
        #expect(throws: NoSampleError.self) { try begin(SampleExport.self, since: 1, until: 90) }
        let all = ExportQuery(period: PeriodQuery(since: RecordedHost.time(1)))
        let numbers = try rows(SampleExport.self, of: host, all)
        #expect(numbers.first?.number == oldest.number && numbers.count == 390 - oldest.number + 1)
        let early = ExportQuery(period: PeriodQuery(since: RecordedHost.time(1), until: RecordedHost.time(119)))
        #expect(try rows(ListenerExport.self, of: host, early).map(\.from) == [RecordedHost.time(1)])
        #expect(try rows(DestinationExport.self, of: host, early).count == 2)
        #expect(try rows(AlertExport.self, of: host, early).isEmpty)
    }
}
