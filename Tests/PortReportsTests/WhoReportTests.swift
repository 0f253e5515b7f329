import PortHistory
import PortModel
import Testing

@testable import PortReports

struct WhoReportTests {
    private let web = PortOwner.running("web", pid: 10, unit: "web.service")
    private let curl = PortOwner.running("curl", pid: 11)

    private func listener(_ local: String, _ samples: ClosedRange<Int>, table: SocketTable = .tcp) -> SocketInterval {
        SocketInterval(
            table: table, state: table.transport == .tcp ? .listen : .close, local: endpoint(local),
            remote: endpoint("0.0.0.0:0"), inode: 1, first: samples.lowerBound, last: samples.upperBound)
    }

    private func connection(_ local: String, first: Int, last: Int, table: SocketTable = .tcp) -> SocketInterval {
        SocketInterval(
            table: table, state: .established, local: endpoint(local), remote: endpoint("10.0.0.9:5000"),
            first: first, last: last)
    }

    /// A sample a minute.
    private func role(_ socket: SocketInterval, _ listeners: [SocketInterval], end: Int = 500) -> PortRole {
        PastListeners(listeners, end: end).role(of: socket) { Timestamp(milliseconds: Int64($0) * 60_000) }
    }

    @Test("a connection is a server's when a listener held the port then, within the hour before, or still does")
    func times() {
        let socket = connection("10.0.0.1:80", first: 100, last: 200)
        #expect(role(listener("10.0.0.1:80", 1...1), [], end: 1) == .listener)
        #expect(role(socket, [listener("10.0.0.1:80", 1...100)]) == .server)
        #expect(role(socket, [listener("10.0.0.1:80", 1...40)]) == .server, "60 minutes")
        #expect(role(socket, [listener("10.0.0.1:80", 1...39)]) == .client, "61 minutes")
        #expect(role(socket, [listener("10.0.0.1:80", 101...499)]) == .client, "it came later and has gone")
        #expect(role(socket, [listener("10.0.0.1:80", 101...500)]) == .server, "it came later and still is there")
        #expect(role(socket, []) == .client)
    }

    @Test("a listener makes servers of the connections that its address covers")
    func addresses() {
        let four = connection("10.0.0.1:80", first: 100, last: 200)
        let six = connection("[fd00::1]:80", first: 100, last: 200, table: .tcp6)
        let mapped = connection("10.0.0.1:80", first: 100, last: 200, table: .tcp6)
        #expect(role(four, [listener("0.0.0.0:80", 1...100)]) == .server)
        #expect(role(four, [listener("[::]:80", 1...100, table: .tcp6)]) == .server)
        #expect(role(mapped, [listener("0.0.0.0:80", 1...100)]) == .server)
        #expect(role(mapped, [listener("10.0.0.1:80", 1...100)]) == .server)
        #expect(role(six, [listener("[::]:80", 1...100, table: .tcp6)]) == .server)
        #expect(role(six, [listener("0.0.0.0:80", 1...100)]) == .client)
        #expect(role(four, [listener("10.0.0.2:80", 1...100)]) == .client)
        #expect(role(four, [listener("10.0.0.1:81", 1...100)]) == .client)
    }

    @Test("UDP has its own listeners")
    func udp() {
        let socket = connection("10.0.0.1:53", first: 100, last: 200, table: .udp)
        #expect(role(socket, [listener("0.0.0.0:53", 1...100, table: .udp)]) == .server)
        #expect(role(socket, [listener("0.0.0.0:53", 1...100)]) == .client)
    }

    @Test("one entry a socket, listeners first, then the newest, from when to when")
    func holders() throws {
        let host = try RecordedHost()
        let listening = RecordedHost.Socket.listener("0.0.0.0:8080", inode: 1, web)
        func served(_ port: Int, _ state: SocketState = .established) -> RecordedHost.Socket {
            .connection("10.0.0.1:8080", "10.0.0.2:\(port)", state, inode: state == .timeWait ? 0 : UInt64(port), web)
        }
        try host.record(2, [listening])
        try host.record(2, [listening, served(50001)])
        try host.record(2, [listening, served(50001, .timeWait), served(50002)])
        try host.record(1, [served(50002)])
        try host.record(1, [])
        let report = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080)) }
        #expect(report.host == "testhost")
        #expect(report.count == 3 && report.omitted == 0)
        #expect(report.holders.map(\.role) == [.listener, .server, .server])
        #expect(report.holders.map(\.socket.remote?.port) == [nil, 50002, 50001])
        #expect(report.holders.map(\.socket.state) == [.listen, .established, .timeWait])
        #expect(report.holders.map(\.from) == [1, 5, 3].map(RecordedHost.time))
        #expect(report.holders.map(\.to) == [6, 7, 6].map(RecordedHost.time))
        #expect(report.holders.last?.socket.owners == [OwnerDocument(web)], "inherited by the TIME_WAIT")
        #expect(report.until == RecordedHost.time(8))
    }

    @Test("what lasts has no end, and the state is the last one in the period")
    func lasting() throws {
        let host = try RecordedHost()
        func outgoing(_ state: SocketState) -> RecordedHost.Socket {
            .connection("10.0.0.1:40000", "10.0.0.2:443", state, inode: state == .timeWait ? 0 : 5, curl)
        }
        try host.record(2, [outgoing(.synSent)])
        try host.record(2, [outgoing(.established)])
        try host.record(2, [outgoing(.timeWait)])
        let now = try host.ask { try WhoReport.make($0, WhoQuery(port: 40000)) }
        #expect(now.holders.map(\.to) == [nil])
        #expect(now.holders.map(\.socket.state) == [.timeWait])
        let then = PeriodQuery(until: RecordedHost.time(4))
        let before = try host.ask { try WhoReport.make($0, WhoQuery(port: 40000, period: then)) }
        #expect(before.holders.map(\.socket.state) == [.established])
        #expect(before.holders.map(\.role) == [.client])
        try host.record(1, [])
        let ended = try host.ask { try WhoReport.make($0, WhoQuery(port: 40000, period: then)) }
        #expect(ended.holders.map(\.to) == [RecordedHost.time(6)], "the history knows it by now")
    }

    @Test("a socket that nobody could be seen to hold at last is whose it was")
    func lastKnown() throws {
        let host = try RecordedHost()
        func listener(_ state: SocketState, _ owners: PortOwner...) -> RecordedHost.Socket {
            var socket = RecordedHost.Socket.connection("10.0.0.1:8080", "10.0.0.2:50001", state, inode: 4)
            socket.owners = owners
            return socket
        }
        try host.record(1, [listener(.established, curl)])
        try host.record(1, [listener(.closeWait, web)])
        try host.record(1, [listener(.lastAck)])
        let report = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080)) }
        #expect(report.holders.map(\.socket.state) == [.lastAck])
        #expect(report.holders.map { $0.socket.owners.map(\.owner.command) } == [["web"]])
        #expect(report.holders.map(\.socket.attribution) == [.inherited])
    }

    @Test("a listener that went within the hour before an old connection still makes it a server's")
    func pastListener() throws {
        let host = try RecordedHost()
        let served = RecordedHost.Socket.connection("10.0.0.1:8080", "10.0.0.2:50001", inode: 9, web)
        try host.record(1, [.listener("[::]:8080", inode: 1, web)])
        host.pause(3000)
        try host.record(1, [served])
        host.pause(20_000)
        try host.record(1, [served])
        let late = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080)) }
        #expect(late.holders.map(\.role) == [.server])
        #expect(late.since > RecordedHost.time(4000), "neither stands in the period")
    }

    @Test("the limit leaves out the oldest and counts them, and filters apply")
    func limit() throws {
        let host = try RecordedHost()
        let sockets = (1...5).map { index in
            RecordedHost.Socket.connection("10.0.0.1:8080", "10.0.0.2:\(index)", inode: UInt64(index), web)
        }
        for count in 1...5 { try host.record(1, Array(sockets[..<count])) }
        let report = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080, limit: 2)) }
        #expect((report.count, report.omitted) == (5, 3))
        #expect(report.holders.map(\.socket.remote?.port) == [5, 4])
        let all = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080, limit: 0)) }
        #expect(all.holders.count == 5)
        let udp = try host.ask { try WhoReport.make($0, WhoQuery(port: 8080, filter: SocketFilter(transport: .udp))) }
        #expect(udp.count == 0)
    }

    @Test("the JSON has every field of the contract")
    func document() throws {
        let host = try RecordedHost()
        try host.record(1, [.listener("0.0.0.0:8080", inode: 1, web)])
        let document = try json(of: host.ask { try WhoReport.make($0, WhoQuery(port: 8080)) })
        #expect(
            keys(document) == ["command", "count", "holders", "host", "omitted", "port", "since", "until", "workers"])
        let holder = try #require((document["holders"] as? [[String: Any]])?.first)
        #expect(
            keys(holder) == [
                "attribution", "family", "first_seen", "from", "inode", "last_seen", "local_address", "local_port",
                "namespace", "owners", "protocol", "remote_address", "remote_port", "role", "state", "to", "uid",
            ])
        #expect(String(describing: holder["to"] ?? "missing") == "<null>")
        #expect(holder["role"] as? String == "listener")
        #expect(holder["from"] as? String == "1970-01-02T01:00:01.000Z")
    }
}
