import Foundation
import GRDB
import Logging
import PortHistory
import PortModel
import PortRecorder
import ProcFS
import Testing

/// Who owns which socket, over samples in which processes and sockets come, change and go.
struct AttributionTests {
    private let proc: FakeProc
    private let path: String
    private let sampler: Sampler

    init() throws {
        proc = try FakeProc()
        path = proc.root + "/history.db"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let clock = HostClock(wall: { Timestamp(milliseconds: 1_000_000) }, boot: { 500_000 }, cpu: { 0 })
        sampler = Sampler(
            try HistoryWriter(path: path, host: "test", bootID: "boot"), proc: ProcFS(root: proc.root), clock: clock,
            interval: .seconds(1), logger: logger)
    }

    private func listener(_ port: UInt16, inode: UInt64) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0), uid: 1000,
            inode: inode)
    }

    private func connection(_ port: UInt16, _ state: SocketState = .established, inode: UInt64, ticks: UInt32 = 0)
        -> SocketRow
    {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(IPAddress(ipv4: 0x7f00_0001), port),
            remote: Endpoint(IPAddress(ipv4: 0xc000_0201), 443), uid: inode == 0 ? 0 : 1000, inode: inode,
            timerTicks: ticks)
    }

    /// Takes a sample of these sockets, and gives the owners of each by local port: `command` or `command+command`, and how they
    /// are known.
    private func sample(_ sockets: [SocketRow]) throws -> [UInt16: String] {
        proc.setSockets(sockets)
        let number = try sampler.sample(missed: 0).number
        return try HistoryReader(path: path).read { view in
            var owners: [UInt16: String] = [:]
            for socket in try view.sockets(at: number) {
                let ownership = try view.holder(socket.holder).ownership
                let names = ownership.owners.map(\.command).joined(separator: "+")
                owners[socket.local.port] = "\(names) \(ownership.attribution.name)"
            }
            return owners
        }
    }

    @Test("the process with the descriptor is the owner, with its executable, user, unit and start")
    func observed() throws {
        try proc.setProcess(7, "web", start: 1234, descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "web observed"])
        let owner = try HistoryReader(path: path).read { view in
            try view.holder(view.sockets(at: 1)[0].holder).ownership.owners[0]
        }
        let expected = PortOwner(
            pid: 7, startTicks: 1234, startedAt: Timestamp(milliseconds: 1_000_000 - 500_000 + 12_340), command: "web",
            executable: "/usr/bin/web", uid: 1000, unit: "web.service")
        #expect(owner == expected)
    }

    @Test("TIME_WAIT and orphans inherit the owner, also when the process ends in the same moment")
    func inherited() throws {
        try proc.setProcess(7, "client", descriptors: [3: 11])
        #expect(try sample([connection(40000, inode: 11)]) == [40000: "client observed"])
        #expect(try sample([connection(40000, .finWait2, inode: 0)]) == [40000: "client inherited"])
        proc.endProcess(7)
        #expect(try sample([connection(40000, .timeWait, inode: 0, ticks: 5000)]) == [40000: "client inherited"])
    }

    @Test("a process that ends while its socket still stands in the tables keeps it for that sample")
    func ended() throws {
        try proc.setProcess(7, "client", descriptors: [3: 11])
        _ = try sample([connection(40000, inode: 11)])
        proc.endProcess(7)
        #expect(try sample([connection(40000, inode: 11)]) == [40000: "client observed"])
        #expect(try sample([connection(40000, .timeWait, inode: 0, ticks: 5000)]) == [40000: "client inherited"])
    }

    @Test("a socket that outlives its process for two samples has no known owner")
    func orphaned() throws {
        try proc.setProcess(7, "client", descriptors: [3: 11])
        _ = try sample([connection(40000, inode: 11)])
        proc.endProcess(7)
        _ = try sample([connection(40000, inode: 11)])
        #expect(try sample([connection(40000, inode: 11)]) == [40000: " unknown"])
    }

    @Test("a forked worker shares the socket, and takes it over when its parent has closed it")
    func forked() throws {
        try proc.setProcess(7, "parent", descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "parent observed"])
        try proc.setProcess(8, "worker", descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "parent+worker observed"])
        try proc.setProcess(7, "parent")
        _ = try sample([listener(80, inode: 11)])
        #expect(try sample([listener(80, inode: 11)]) == [80: "worker observed"])
    }

    @Test("a process number that is given to another process gives no wrong owner")
    func reusedNumber() throws {
        try proc.setProcess(7, "old", start: 100, descriptors: [3: 11])
        #expect(try sample([connection(40000, inode: 11)]) == [40000: "old observed"])
        try proc.setProcess(7, "new", start: 200, descriptors: [3: 12])
        let owners = try sample([connection(40000, .timeWait, inode: 0, ticks: 5000), connection(40001, inode: 12)])
        #expect(owners == [40000: "old inherited", 40001: "new observed"])
    }

    @Test("a process that becomes another program by exec takes its sockets along under its new name")
    func executed() throws {
        try proc.setProcess(7, "wrapper", descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "wrapper observed"])
        try proc.setProcess(7, "server", descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "server observed"])
    }

    @Test("new sockets are found on freed descriptors, above the highest, and in processes that had none")
    func found() throws {
        try proc.setProcess(7, "client", descriptors: [3: 11, 4: 12, 5: 13])
        try proc.setProcess(8, "idle")
        _ = try sample([11, 12, 13].map { connection(40000 + UInt16($0), inode: $0) })
        try proc.setProcess(7, "client", descriptors: [3: 11, 4: 22, 5: 13, 9: 23])
        try proc.setProcess(8, "idle", descriptors: [700: 24])
        let owners = try sample([11, 22, 13, 23, 24].map { connection(40000 + UInt16($0), inode: $0) })
        #expect(owners[40022] == "client observed" && owners[40023] == "client observed")
        #expect(owners[40024] == "idle observed")
    }

    @Test("a socket that nobody seems to hold is unknown, and gets its owner when one shows up")
    func late() throws {
        #expect(try sample([listener(80, inode: 11)]) == [80: " unknown"])
        for _ in 1...4 { _ = try sample([listener(80, inode: 11)]) }
        try proc.setProcess(7, "late", descriptors: [3: 11])
        #expect(try sample([listener(80, inode: 11)]) == [80: "late observed"])
    }

    @Test("a connection in the accept queue is taken to be the listener's, and observed when it is accepted")
    func accepted() throws {
        try proc.setProcess(7, "server", descriptors: [3: 11])
        let queued = try sample([listener(80, inode: 11), connection(80, inode: 0)])
        #expect(queued.count == 1)
        try proc.setProcess(7, "server", descriptors: [3: 11, 4: 12])
        _ = try sample([listener(80, inode: 11), connection(80, inode: 12)])
        try HistoryReader(path: path).read { view in
            let before = try #require(try view.sockets(at: 1).first { $0.state == .established })
            let after = try #require(try view.sockets(at: 2).first { $0.state == .established })
            for (socket, attribution) in [(before, Attribution.inferred), (after, .observed)] {
                let ownership = try view.holder(socket.holder).ownership
                #expect(ownership.owners.map(\.command) == ["server"] && ownership.attribution == attribution)
            }
            #expect(after.socketFirst == 1, "accept() makes no new socket of it")
        }
    }

    @Test("an unreadable table costs the sample, and its sockets are not taken for closed")
    func unreadable() throws {
        _ = try sample([listener(80, inode: 11)])
        try FileManager.default.removeItem(atPath: proc.root + "/net/tcp")
        #expect(throws: HistoryError.self) { try sampler.sample(missed: 0) }
        #expect(try sample([listener(80, inode: 11)]).count == 1)
        #expect(try HistoryReader(path: path).read { try $0.sockets(at: 2).map(\.socketFirst) } == [1])
    }

    @Test("a change of owners that falls into a lost sample is said again")
    func lostSample() throws {
        try proc.setProcess(7, "parent", descriptors: [3: 11])
        _ = try sample([listener(80, inode: 11)])
        try proc.setProcess(8, "worker", descriptors: [3: 11])
        let other = try DatabaseQueue(path: path)
        try other.inDatabase { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            #expect(throws: HistoryError.self) { try sampler.sample(missed: 0) }
            try database.execute(sql: "ROLLBACK")
        }
        #expect(try sample([listener(80, inode: 11)]) == [80: "parent+worker observed"])
    }
}
