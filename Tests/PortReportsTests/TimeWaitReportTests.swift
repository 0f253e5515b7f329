import PortHistory
import PortModel
import Testing

@testable import PortReports

@Suite struct TimeWaitReportTests {
    private typealias Socket = RecordedHost.Socket

    private let web = PortOwner.running("web", pid: 50)
    private let job = PortOwner.running("job", pid: 60)

    /// Connections to a peer.
    private func client(_ count: Int, _ state: SocketState, to peer: String = "10.0.0.2:443") -> [RecordedHost.Socket] {
        (0..<count).map { index in
            socket("10.0.0.1:\(40000 + index)", peer, state, UInt64(1000 + index), job)
        }
    }

    /// Connections that a service accepted.
    private func server(_ count: Int, _ state: SocketState, at local: String = "10.0.0.1:80") -> [RecordedHost.Socket] {
        (0..<count).map { index in socket(local, "10.0.0.3:\(50000 + index)", state, UInt64(2000 + index), web) }
    }

    private func socket(_ local: String, _ remote: String, _ state: SocketState, _ inode: UInt64, _ owner: PortOwner)
        -> RecordedHost.Socket
    {
        let table: SocketTable = local.contains("ffff") ? .tcp6 : .tcp
        var socket = Socket.connection(local, remote, state, table: table, inode: inode, owner)
        if state == .timeWait { (socket.row.inode, socket.row.uid, socket.row.timerTicks) = (0, 0, 5990) }
        return socket
    }

    private func ask(_ host: RecordedHost, _ query: TimeWaitQuery = TimeWaitQuery()) throws -> TimeWaitReport {
        try host.ask { try TimeWaitReport.make($0, query) }
    }

    @Test func `there are as many as the last sample has, and a peak and a series of the period`() throws {
        let host = try RecordedHost()
        host.limits.maxTimeWait = 5000
        try host.record(1, client(5, .established))
        try host.record(1, client(5, .timeWait))
        try host.record(2, client(3, .timeWait))
        let report = try ask(host, TimeWaitQuery(period: PeriodQuery(since: RecordedHost.time(0))))
        #expect(report.now == 3)
        #expect(report.limit == 5000)
        #expect(report.peak == SeriesPoint(at: RecordedHost.time(2), count: 5))
        #expect(report.series.map(\.count) == [0, 5, 3, 3])
        #expect(report.enteredPerSecond == 5.0 / 4)
    }

    @Test func `those that were there before the period have not entered in it`() throws {
        let host = try RecordedHost()
        try host.record(2, client(5, .timeWait))
        try host.record(3, client(7, .timeWait))
        let report = try ask(host, TimeWaitQuery(period: PeriodQuery(since: RecordedHost.time(1) + 500)))
        #expect(report.enteredPerSecond == 2 / 3.5)
        #expect(report.peak.count == 7)
    }

    @Test func `on a port that strangers share nobody is named, by service as by owner`() throws {
        let host = try RecordedHost()
        let sharers: [Socket] = [.listener("10.0.0.1:80", inode: 1, web), .listener("10.0.0.1:80", inode: 2, job)]
        try host.record(1, sharers)
        try host.record(1, sharers + server(6, .timeWait))
        for grouping in [TimeWaitGrouping.service, .owner, .ends] {
            let groups = try ask(host, TimeWaitQuery(grouping: grouping)).groups
            #expect(groups.map(\.now) == [6] && groups.map(\.attribution) == ["unknown"])
            #expect(groups.allSatisfy { $0.owners.isEmpty })
        }
    }

    @Test func `destinations and services are groups with the owners of their last live rows`() throws {
        let host = try RecordedHost()
        let listener = Socket.listener("10.0.0.1:80", inode: 1, web)
        try host.record(1, [listener] + client(4, .established) + server(6, .established))
        try host.record(1, [listener] + client(4, .timeWait) + server(6, .timeWait))
        let groups = try ask(host).groups
        #expect(groups.map(\.role) == [.server, .client])
        #expect(groups.map(\.now) == [6, 4])
        #expect(groups.map { $0.owners.map(\.owner) } == [[web], [job]])
        #expect(groups.map(\.attribution) == ["inherited", "inherited"])
        #expect(groups.map(\.localAddress) == ["10.0.0.1", "10.0.0.1"])
        #expect(groups.map(\.localPort) == [80, nil])
        #expect(groups.map(\.remoteAddress) == [nil, "10.0.0.2"])
        #expect(groups.map(\.remotePort) == [nil, 443])
        #expect(groups.map(\.peak) == [6, 4])
        #expect(groups.map(\.peakAt) == [RecordedHost.time(2), RecordedHost.time(2)])
    }

    @Test(arguments: ["0.0.0.0", "::"])
    func `a service on the wildcard is one group, whatever address its connections came in on`(_ wildcard: String)
        throws
    {
        let host = try RecordedHost()
        let listener = Socket.listener("\(wildcard):80", inode: 1, web)
        let all =
            server(2, .timeWait) + server(3, .timeWait, at: "10.0.0.5:80")
            + server(1, .timeWait, at: "::ffff:10.0.0.6:80")
        try host.record(1, [listener] + all)
        let groups = try ask(host).groups
        #expect(groups.map(\.localAddress) == [wildcard])
        #expect(groups.map(\.now) == [6])
        // Never seen alive: concluded from who listens.
        #expect(groups[0].owners.map(\.owner) == [web])
        #expect(groups[0].attribution == "inferred")
    }

    @Test func `a listener on the very address takes its connections from the wildcard's`() throws {
        let host = try RecordedHost()
        let listeners = [Socket.listener("0.0.0.0:80", inode: 1, web), Socket.listener("10.0.0.5:80", inode: 2, job)]
        try host.record(1, listeners + server(2, .timeWait) + server(3, .timeWait, at: "10.0.0.5:80"))
        #expect(try ask(host).groups.map(\.localAddress) == ["10.0.0.5", "0.0.0.0"])
    }

    @Test func `mapped addresses are one destination with plain ones`() throws {
        let host = try RecordedHost()
        let mapped = socket("::ffff:10.0.0.1:45000", "::ffff:10.0.0.2:443", .timeWait, 0, job)
        try host.record(1, client(2, .timeWait) + [mapped])
        #expect(try ask(host).groups.map(\.now) == [3])
        #expect(try ask(host).groups.map(\.remoteAddress) == ["10.0.0.2"])
    }

    @Test func `orphans in FIN_WAIT_2 and UDP are none of it`() throws {
        let host = try RecordedHost()
        var orphan = socket("10.0.0.1:45000", "10.0.0.2:443", .finWait2, 0, job)
        orphan.row.timerTicks = 5000
        try host.record(1, [orphan, .datagram("0.0.0.0:53", inode: 3, web)])
        #expect(try ask(host).now == 0)
        #expect(try ask(host).groups.isEmpty)
    }

    @Test func `UDP has no TIME_WAIT, and another namespace has its own`() throws {
        let host = try RecordedHost()
        try host.record(1, client(2, .timeWait))
        let udp = try ask(host, TimeWaitQuery(filter: SocketFilter(transport: .udp)))
        #expect((udp.now, udp.peak.count, udp.groups.count, udp.limit) == (0, 0, 0, 262_144))
        let other = try ask(host, TimeWaitQuery(filter: SocketFilter(namespace: "other")))
        #expect((other.now, other.groups.count, other.limit) == (0, 0, nil))
    }

    @Test func `the largest now comes first, then the largest peak, and what is left out is counted`() throws {
        let host = try RecordedHost()
        try host.record(
            1,
            client(5, .timeWait, to: "10.0.0.7:1") + client(2, .timeWait, to: "10.0.0.8:1")
                + client(1, .timeWait, to: "10.0.0.9:1"))
        try host.record(1, client(1, .timeWait, to: "10.0.0.9:1"))
        #expect(try ask(host).groups.map(\.remoteAddress) == ["10.0.0.9", "10.0.0.7", "10.0.0.8"])
        let limited = try ask(host, TimeWaitQuery(limit: 1))
        #expect((limited.groups.count, limited.omitted) == (1, 2))
    }

    @Test func `every field of the contract is in the JSON`() throws {
        let host = try RecordedHost()
        try host.record(1, client(1, .timeWait))
        let document = try json(of: try ask(host))
        #expect(
            keys(document) == [
                "command", "entered_per_second", "groups", "host", "limit", "now", "omitted", "peak", "series", "since",
                "until",
            ])
        #expect(keys(document["peak"]) == ["at", "count"])
        #expect(keys((document["series"] as? [Any])?.first) == ["at", "count"])
        #expect(
            keys((document["groups"] as? [Any])?.first) == [
                "attribution", "local_address", "local_port", "namespace", "now", "owners", "owners_omitted", "peak",
                "peak_at", "remote_address", "remote_port", "role",
            ])
    }
}
