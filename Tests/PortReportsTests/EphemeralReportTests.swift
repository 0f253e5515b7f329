import PortHistory
import PortModel
import Testing

@testable import PortReports

@Suite struct EphemeralReportTests {
    private typealias Socket = RecordedHost.Socket

    private let web = PortOwner.running("web", pid: 50)
    private let job = PortOwner.running("job", pid: 60)

    private func host(_ first: UInt16 = 40000, _ last: UInt16 = 40009) throws -> RecordedHost {
        let host = try RecordedHost()
        host.limits = .range(first, last)
        host.limits.kernelRelease = "6.18.0"
        return host
    }

    /// Connections from 10.0.0.1 to a peer, on even ports from 40000 up.
    private func connections(_ count: Int, to peer: String = "10.0.0.2:443", _ state: SocketState = .established)
        -> [RecordedHost.Socket]
    {
        (0..<count).map { index in
            let local = "10.0.0.1:\(40000 + 2 * index)"
            var socket = Socket.connection(local, peer, state, inode: UInt64(1000 + index), job)
            if state == .timeWait { (socket.row.inode, socket.row.timerTicks) = (0, 5990) }
            return socket
        }
    }

    @Test func `a destination has its figures at the last sample and its peak over the period`() throws {
        let host = try host()
        try host.record(2, connections(1))
        try host.record(1, connections(4))
        try host.record(3, connections(3) + [.listener("0.0.0.0:40001", inode: 7, web)])
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        let entry = try #require(report.destinations.first)
        #expect(report.destinations.count == 1)
        #expect((entry.localAddress, entry.remoteAddress, entry.remotePort) == ("10.0.0.1", "10.0.0.2", 443))
        #expect((entry.capacity, entry.used, entry.free, entry.reusable) == (9, 3, 6, 0))
        #expect(entry.utilization == 3.0 / 9)
        #expect(entry.peak == .init(used: 4, utilization: 0.4, at: RecordedHost.time(3)))
        #expect(entry.owners.map(\.owner) == [job])
        #expect(entry.certain && !entry.slowConnect)
        #expect(report.series.map(\.count) == [1, 1, 4, 3, 3, 3])
        #expect(report.ranges.map(\.size) == [10])
        #expect(report.bind.map { [$0.capacity, $0.used, $0.free] } == [[10, 4, 6], [10, 0, 10]])
    }

    @Test func `in a range of an odd number of ports free is an upper bound`() throws {
        let host = try host(40000, 40010)
        try host.record(1, connections(3))
        let entry = try #require(host.ask { try EphemeralReport.make($0, EphemeralQuery()) }.destinations.first)
        #expect((entry.capacity, entry.used, entry.free) == (11, 3, 8))
        #expect(!entry.certain)
    }

    @Test func `mapped and plain addresses are one destination`() throws {
        let host = try host()
        try host.record(
            1,
            connections(1) + [
                .connection("::ffff:10.0.0.1:40002", "::ffff:10.0.0.2:443", table: .tcp6, inode: 9, web)
            ])
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        #expect(report.destinations.map(\.used) == [2])
        #expect(report.destinations[0].family == .ipv4)
        #expect(report.destinations[0].localAddress == "10.0.0.1")
        #expect(report.destinations[0].owners.map(\.owner.pid) == [50, 60])
    }

    @Test func `accepted connections are no destinations and take their port from all`() throws {
        let host = try host()
        try host.record(
            2,
            connections(2) + [
                .listener("10.0.0.1:40009", inode: 7, web),
                .connection("10.0.0.1:40009", "10.0.0.3:5555", inode: 8, web),
                .connection("10.0.0.1:40009", "10.0.0.3:5556", inode: 9, web),
            ])
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        #expect(report.destinations.map(\.remoteAddress) == ["10.0.0.2"])
        #expect(report.destinations.map(\.capacity) == [9])
    }

    @Test func `a destination of the period that has no socket left is empty, with its peak and owners`() throws {
        let host = try host()
        try host.record(2, connections(5))
        try host.record(1, [])
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        let entry = try #require(report.destinations.first)
        #expect((entry.used, entry.free, entry.peak.used) == (0, 10, 5))
        #expect(entry.owners.map(\.owner.pid) == [60])
        let later = EphemeralQuery(period: PeriodQuery(since: RecordedHost.time(3)))
        #expect(try host.ask { try EphemeralReport.make($0, later) }.destinations.isEmpty)
    }

    @Test func `a TIME_WAIT's age goes on from sample to sample, also from before the period`() throws {
        let host = try host()
        host.limits.timeWaitReuse = 1
        try host.record(5, connections(4, .timeWait))
        func use(_ since: Int, _ until: Int) throws -> [Int] {
            let period = PeriodQuery(since: RecordedHost.time(since), until: RecordedHost.time(until))
            let entry = try host.ask { try EphemeralReport.make($0, EphemeralQuery(period: period)) }.destinations[0]
            return [entry.used, entry.reusable, entry.free]
        }
        // 0.1 s old at the first sample.
        #expect(try use(1, 1) == [4, 0, 6])
        #expect(try use(2, 2) == [0, 4, 10])
        #expect(try use(5, 5) == [0, 4, 10])
    }

    @Test func `the most used comes first, and what the limit leaves out is counted`() throws {
        let host = try host()
        try host.record(
            1,
            connections(1, to: "10.0.0.7:80") + connections(3, to: "10.0.0.8:80") + connections(2, to: "10.0.0.9:80"))
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery(limit: 2)) }
        #expect(report.destinations.map(\.remoteAddress) == ["10.0.0.8", "10.0.0.9"])
        #expect(report.omitted == 1)
        #expect(try host.ask { try EphemeralReport.make($0, EphemeralQuery(limit: 0)) }.destinations.count == 3)
    }

    @Test func `rising use has a rate and an end, and it is null where there is none`() throws {
        let host = try host()
        for count in 1...4 { try host.record(1, connections(count)) }
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        #expect(report.destinations[0].portsPerMinute == 60)
        #expect(report.destinations[0].exhaustedAt == RecordedHost.time(10))
        let early = EphemeralQuery(period: PeriodQuery(until: RecordedHost.time(2)))
        let entry = try host.ask { try EphemeralReport.make($0, early) }.destinations[0]
        #expect(entry.portsPerMinute == nil && entry.exhaustedAt == nil)
    }

    @Test func `with one protocol the other's pool and destinations are not there`() throws {
        let host = try host()
        try host.record(1, connections(2) + [.datagram("0.0.0.0:40003", inode: 5, web)])
        func ask(_ filter: SocketFilter) throws -> EphemeralReport {
            try host.ask { try EphemeralReport.make($0, EphemeralQuery(filter: filter)) }
        }
        let udp = try ask(SocketFilter(transport: .udp))
        #expect(udp.destinations.isEmpty)
        #expect(udp.bind.map { [$0.capacity, $0.used] } == [[10, 1]])
        let tcp = try ask(SocketFilter(transport: .tcp))
        #expect(tcp.destinations.count == 1)
        #expect(tcp.bind.map(\.transport) == [.tcp])
        let other = try ask(SocketFilter(namespace: "other"))
        #expect(other.ranges.isEmpty && other.bind.isEmpty && other.destinations.isEmpty)
    }

    @Test func `a reserved port is of the range and not of the capacity`() throws {
        let host = try host()
        host.limits.reserved = PortSet(list: "40003-40004,50000") ?? PortSet()
        try host.record(1, connections(1))
        let report = try host.ask { try EphemeralReport.make($0, EphemeralQuery()) }
        #expect(report.ranges.map(\.reserved) == [2])
        #expect(report.ranges.map(\.reservedPorts) == ["40003-40004,50000"])
        #expect(report.ranges.map(\.size) == [10])
        #expect(report.destinations.map(\.capacity) == [8])
    }

    @Test func `odd ports while even ones are free look bound`() throws {
        let host = try host()
        try host.record(1, [.connection("10.0.0.1:40001", "10.0.0.2:443", inode: 4, job)])
        #expect(try !host.ask { try EphemeralReport.make($0, EphemeralQuery()) }.destinations[0].certain)
    }

    @Test func `every field of the contract is in the JSON`() throws {
        let host = try host()
        try host.record(1, connections(1))
        let document = try json(of: try host.ask { try EphemeralReport.make($0, EphemeralQuery()) })
        #expect(
            keys(document)
                == ["bind", "command", "destinations", "host", "omitted", "ranges", "since", "until"])
        #expect(
            keys((document["ranges"] as? [Any])?.first)
                == ["assumed", "first", "last", "namespace", "reserved", "reserved_ports", "size", "tw_reuse"])
        #expect(
            keys((document["destinations"] as? [Any])?.first) == [
                "capacity", "certain", "exhausted_at", "family", "free", "local_address", "namespace", "owners",
                "owners_omitted", "peak", "ports_per_minute", "protocol", "remote_address", "remote_port", "reusable",
                "slow_connect", "used", "utilization",
            ])
        #expect(
            keys((document["bind"] as? [Any])?.first)
                == ["capacity", "free", "namespace", "protocol", "used", "utilization"])
        let peak = ((document["destinations"] as? [[String: Any]])?.first)?["peak"]
        #expect(keys(peak) == ["at", "used", "utilization"])
        #expect(document["host"] as? String == "testhost")
    }
}
