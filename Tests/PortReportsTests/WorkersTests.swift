import PortHistory
import PortModel
import Testing

@testable import PortReports

/// How the connections of a port are spread over the processes that serve it.
@Suite struct WorkersTests {
    private typealias Socket = RecordedHost.Socket

    private let first = PortOwner.running("web", pid: 51)
    private let second = PortOwner.running("web", pid: 52)

    private func connections(_ range: Range<Int>, at local: String, _ owner: PortOwner) -> [RecordedHost.Socket] {
        range.map { .connection(local, "10.0.0.9:\(20_000 + $0)", inode: UInt64(1000 + $0), owner) }
    }

    @Test func `each worker of a forked listener has its own, and what nobody holds is nobody's`() throws {
        let host = try RecordedHost()
        var shared = Socket.listener("0.0.0.0:80", inode: 1, first)
        shared.owners = [first, second]
        let waiting = Socket.connection("10.0.0.1:80", "10.0.0.9:5", .timeWait)
        try host.record(
            2,
            [shared, waiting] + connections(0..<5, at: "10.0.0.1:80", second)
                + connections(5..<7, at: "10.0.0.2:80", first))
        let listeners = try host.ask { try ListenersReport.make($0, InstantQuery()) }.listeners
        #expect(listeners.map { $0.workers.map(\.owner.pid) } == [[52, 51]])
        #expect(listeners[0].workers.map(\.connections) == [5, 2])
        let who = try host.ask { try WhoReport.make($0, WhoQuery(port: 80)) }
        // The inferred owner of a TIME_WAIT was a worker as well.
        #expect(who.workers.map(\.owner.pid) == [52, 51])
    }

    @Test func `a process that changed its user is one worker, and program and connections stand in one order`() throws
    {
        let host = try RecordedHost()
        var early = second
        early.uid = 5
        var shared = Socket.listener("0.0.0.0:80", inode: 1, first)
        shared.owners = [first, early]
        try host.record(1, [shared])
        let accepted = connections(0..<5, at: "10.0.0.1:80", early)
        try host.record(1, [shared] + accepted)
        try host.record(1, accepted)
        shared = .listener("0.0.0.0:80", inode: 2, first)
        shared.owners = [first, second]
        try host.record(1, [shared] + accepted)
        let listeners = try host.ask { try ListenersReport.make($0, InstantQuery()) }.listeners
        #expect(listeners.map { $0.workers.map(\.owner.pid) } == [[52, 51]])
        #expect(listeners.map { $0.workers.map(\.connections) } == [[5, 0]])
        #expect(listeners.map { $0.socketByWorkers.owners.map(\.owner.pid) } == [[52, 51]])
        #expect(listeners[0].workers[0].owner.uid == 0)
        let who = try host.ask { try WhoReport.make($0, WhoQuery(port: 80)) }
        #expect(who.workers.map(\.owner.pid) == [52, 51] && who.workers[0].owner.uid == 0)
    }

    @Test func `sockets that share a port have the connections on their own address`() throws {
        let host = try RecordedHost()
        try host.record(
            2,
            [.listener("10.0.0.1:80", inode: 1, first), .listener("10.0.0.2:80", inode: 2, second)]
                + connections(0..<3, at: "10.0.0.1:80", first) + connections(3..<4, at: "10.0.0.2:80", second))
        let listeners = try host.ask { try ListenersReport.make($0, InstantQuery()) }.listeners
        #expect(listeners.map { $0.workers.map(\.connections) } == [[3], [1]])
        #expect(try keys(json(of: #require(listeners.first?.workers.first))) == ["command", "connections", "pid"])
    }

    @Test func `TIME_WAITs by owner are those of a unit and program together, wherever they went`() throws {
        let host = try RecordedHost()
        let job = PortOwner.running("job", pid: 7, unit: "job.service")
        let another = PortOwner.running("job", pid: 8, unit: "job.service")
        func client(_ port: Int, _ peer: String, _ state: SocketState, _ owner: PortOwner) -> RecordedHost.Socket {
            var socket = Socket.connection("10.0.0.1:\(port)", peer, state, inode: UInt64(port), owner)
            if state == .timeWait { (socket.row.inode, socket.row.uid, socket.row.timerTicks) = (0, 0, 5990) }
            return socket
        }
        let peers = ["10.0.0.2:443", "10.0.0.3:5432", "10.0.0.3:5432"]
        for state in [SocketState.established, .timeWait] {
            let sockets = peers.enumerated().map { client(40_000 + $0, $1, state, $0 == 2 ? another : job) }
            let served = client(80, "10.0.0.9:33333", state, first)
            try host.record(1, [.listener("10.0.0.1:80", inode: 1, first)] + sockets + [served])
        }
        func groups(_ grouping: TimeWaitGrouping) throws -> [TimeWaitReport.Group] {
            let period = PeriodQuery(since: RecordedHost.time(0))
            let query = TimeWaitQuery(period: period, grouping: grouping)
            let report = try host.ask { try TimeWaitReport.make($0, query) }
            #expect(report.now == 4)
            return report.groups
        }
        let owners = try groups(.owner)
        #expect(owners.map(\.now) == [3, 1] && owners.map(\.peak) == [3, 1])
        #expect(owners.map { Set($0.owners.map(\.owner.pid)) } == [[7, 8], [51]])
        #expect(owners.allSatisfy { $0.role == nil && $0.localAddress == nil && $0.remoteAddress == nil })
        #expect(try groups(.destination).map(\.now) == [2, 1])
        #expect(try groups(.service).map(\.localPort) == [80])
        #expect(try groups(.ends).count == 3)
    }
}
