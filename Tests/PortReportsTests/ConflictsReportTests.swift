import PortHistory
import PortModel
import Testing

@testable import PortReports

/// The conflicts of a recorded history, from the samples to the JSON.
struct ConflictsReportTests {
    private let nginx = PortOwner.running("nginx", pid: 77, unit: "nginx.service")
    private let curl = PortOwner.running("curl", pid: 9, uid: 1000)

    /// A theft while nginx restarts, by the way of the recorder's roles.
    private func theft() throws -> RecordedHost {
        let host = try RecordedHost()
        let listener = RecordedHost.Socket.listener("0.0.0.0:40000", inode: 1, nginx)
        func thief(_ state: SocketState) -> RecordedHost.Socket {
            .connection("10.0.0.1:40000", "10.0.0.9:443", state, inode: state == .timeWait ? 0 : 5, curl)
        }
        try host.record(5, [listener, .listener("0.0.0.0:80", inode: 2, nginx)])
        try host.record(3, [.listener("0.0.0.0:80", inode: 2, nginx)])
        try host.record(4, [thief(.established), .listener("0.0.0.0:80", inode: 2, nginx)])
        try host.record(6, [thief(.timeWait), .listener("0.0.0.0:80", inode: 2, nginx)])
        return host
    }

    @Test("a theft is found, with the thief first, and the port at risk before it")
    func found() throws {
        let report = try theft().ask { try ConflictsReport.make($0, ConflictsQuery()) }
        #expect(report.conflicts.map(\.kind) == [.portStolen, .listenerInRange])
        let theft = try #require(report.conflicts.first)
        #expect(theft.severity == .critical && theft.address == "0.0.0.0" && theft.port == 40000)
        #expect(theft.namespace == "host" && theft.transport == .tcp && theft.occurrences == 1)
        #expect(theft.firstSeen == RecordedHost.time(9) && theft.lastSeen == RecordedHost.time(18))
        #expect(theft.parties.map(\.state) == [.timeWait, .listen])
        #expect(theft.parties.map(\.owners) == [[OwnerDocument(curl)], [OwnerDocument(nginx)]])
        #expect(theft.parties.map(\.firstSeen) == [9, 1].map(RecordedHost.time))
        #expect(theft.parties.map(\.lastSeen) == [18, 5].map(RecordedHost.time))
    }

    @Test("the listener counts for an hour after it was last seen")
    func memory() throws {
        for (pause, kinds) in [(3000, [ConflictKind.portStolen]), (8000, [])] {
            let host = try RecordedHost()
            try host.record(2, [.listener("0.0.0.0:40000", inode: 1, nginx)])
            host.pause(pause)
            try host.record(2, [])
            try host.record(2, [.connection("10.0.0.1:40000", "10.0.0.9:443", inode: 5, curl)])
            let since = RecordedHost.time(pause + 2)
            let query = ConflictsQuery(period: PeriodQuery(since: since))
            let report = try host.ask { try ConflictsReport.make($0, query) }
            #expect(report.conflicts.map(\.kind) == kinds)
        }
    }

    @Test("a theft within one interval between samples is found by its owner")
    func quickTheft() throws {
        let host = try RecordedHost()
        try host.record(3, [.listener("0.0.0.0:40000", inode: 1, nginx)])
        try host.record(3, [.connection("10.0.0.1:40000", "10.0.0.9:443", inode: 5, curl)])
        let report = try host.ask { try ConflictsReport.make($0, ConflictsQuery()) }
        #expect(report.conflicts.map(\.kind).first == .portStolen)
    }

    @Test("mapped addresses are shown as IPv4")
    func mapped() throws {
        let host = try RecordedHost()
        let accepted = RecordedHost.Socket.connection(
            "10.0.0.1:80", "10.0.0.9:50000", .timeWait, table: .tcp6)
        try host.record(3, [.listener("[::]:80", inode: 1, nginx), accepted])
        try host.record(3, [accepted])
        let report = try host.ask { try ConflictsReport.make($0, ConflictsQuery()) }
        #expect(report.conflicts.map(\.kind) == [.heldByTimeWait])
        #expect(report.conflicts.first?.address == "::")
        #expect(report.conflicts.first?.parties.map(\.localAddress) == ["10.0.0.1", "::"])
    }

    @Test("more ports with a gap than are asked for one by one")
    func manyPorts() throws {
        let host = try RecordedHost()
        let ports = 41000..<41040
        try host.record(2, ports.map { .listener("0.0.0.0:\($0)", inode: UInt64($0), nginx) })
        try host.record(2, [])
        try host.record(2, ports.map { .connection("10.0.0.1:\($0)", "10.0.0.9:443", inode: UInt64($0), curl) })
        let report = try host.ask { try ConflictsReport.make($0, ConflictsQuery(limit: 50)) }
        #expect(report.conflicts.filter { $0.kind == .portStolen }.count == 40)
        #expect(report.conflicts.count == 50 && report.omitted == 30)
        #expect(report.conflicts.prefix(40).allSatisfy { $0.severity == .critical })
    }

    @Test("a filter leaves out what it is not about")
    func filter() throws {
        let host = try theft()
        let udp = ConflictsQuery(filter: SocketFilter(transport: .udp))
        #expect(try host.ask { try ConflictsReport.make($0, udp) }.conflicts.isEmpty)
        let port = ConflictsQuery(filter: SocketFilter(localPort: 40000))
        #expect(try host.ask { try ConflictsReport.make($0, port) }.conflicts.count == 2)
        let elsewhere = ConflictsQuery(filter: SocketFilter(namespace: "other"))
        #expect(try host.ask { try ConflictsReport.make($0, elsewhere) }.conflicts.isEmpty)
    }

    @Test("ordinary listeners outside the range with their connections are no conflict")
    func quiet() throws {
        let host = try RecordedHost()
        let sockets: [RecordedHost.Socket] = [
            .listener("0.0.0.0:80", inode: 1, nginx), .listener("[::]:80", inode: 2, nginx),
            .listener("127.0.0.1:5432", inode: 3, .running("postgres", pid: 5)),
            .datagram("127.0.0.53:53", inode: 4, .running("resolved", pid: 6)),
            .connection("10.0.0.1:80", "10.0.0.9:50000", inode: 5, nginx),
            .connection("10.0.0.1:41000", "10.0.0.9:443", inode: 6, curl),
            .connection("10.0.0.1:80", "10.0.0.9:50001", .timeWait),
        ]
        try host.record(10, sockets)
        #expect(try host.ask { try ConflictsReport.make($0, ConflictsQuery()) }.conflicts.isEmpty)
    }

    @Test("a program's name cannot bring control characters or a command into the text")
    func hostile() throws {
        let evil = PortOwner.running("a\u{1b}[2J\n\u{202e}b", pid: 5, unit: "x; rm -rf ~.service")
        let host = try RecordedHost()
        try host.record(2, [.listener("0.0.0.0:40000", inode: 1, evil)])
        try host.record(2, [])
        try host.record(2, [.connection("10.0.0.1:40000", "10.0.0.9:443", inode: 5, evil)])
        let report = try host.ask { try ConflictsReport.make($0, ConflictsQuery()) }
        for conflict in report.conflicts {
            #expect(conflict.explanation.contains("a\\x1b[2J\\n\\u{202e}b"))
            #expect(!conflict.remedies.contains { $0.contains("rm -rf") })
        }
    }

    @Test("the JSON has every field of the contract")
    func document() throws {
        let document = try json(of: theft().ask { try ConflictsReport.make($0, ConflictsQuery()) })
        #expect(keys(document) == ["command", "conflicts", "host", "omitted", "since", "until"])
        let conflict = try #require((document["conflicts"] as? [[String: Any]])?.first)
        #expect(
            keys(conflict) == [
                "address", "explanation", "first_seen", "kind", "last_seen", "namespace", "occurrences", "parties",
                "parties_omitted", "port", "protocol", "remedies", "severity",
            ])
        #expect(conflict["kind"] as? String == "port_stolen" && conflict["severity"] as? String == "critical")
        #expect(conflict["protocol"] as? String == "tcp")
        #expect((conflict["parties"] as? [[String: Any]])?.first?.count == 14)
    }
}
