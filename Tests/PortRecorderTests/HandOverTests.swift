import Foundation
import Logging
import PortHistory
import PortModel
import PortRecorder
import ProcFS
import Testing

/// What becomes of an owner when nothing shows in the socket tables: descriptors that are handed over, process numbers that are used
/// again, processes that change what they are.
struct HandOverTests {
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

    private func connection(_ port: Int) -> SocketRow {
        SocketRow(
            table: .tcp, state: .established, local: Endpoint(IPAddress(ipv4: 0x7f00_0001), UInt16(port)),
            remote: Endpoint(IPAddress(ipv4: 0xc000_0201), 443), uid: 1000, inode: UInt64(port))
    }

    private func listener(_ port: Int) -> SocketRow {
        SocketRow(
            table: .tcp, state: .listen, local: Endpoint(.anyIPv4, UInt16(port)), remote: Endpoint(.anyIPv4, 0),
            uid: 1000, inode: UInt64(port))
    }

    /// Takes a sample, and gives who holds the socket on a port.
    private func owners(of port: UInt16) throws -> [PortOwner] {
        let number = try sampler.sample(missed: 0).number
        return try HistoryReader(path: path).read { view in
            try view.sockets(at: number).filter { $0.local.port == port }.flatMap {
                try view.holder($0.holder).ownership.owners
            }
        }
    }

    private func names(of port: UInt16) throws -> [String] { try owners(of: port).map(\.command) }

    @Test("a connection that is handed to a process that was there before is that one's, two samples later")
    func handedOver() throws {
        proc.setSockets([connection(40000)])
        try proc.setProcess(7, "master", descriptors: [3: 40000])
        try proc.setProcess(8, "worker", descriptors: [:])
        #expect(try names(of: 40000) == ["master"])
        #expect(try names(of: 40000) == ["master"])
        try proc.setProcess(7, "master", descriptors: [:])
        try proc.setProcess(8, "worker", descriptors: [6: 40000])
        _ = try names(of: 40000)
        #expect(try names(of: 40000) == ["worker"])
        #expect(try names(of: 40000) == ["worker"])
    }

    @Test("with many sockets each is asked about in its turn, and the turns are bounded")
    func inTurns() throws {
        let ports = Array(20_000..<22_000)
        proc.setSockets(ports.map(connection))
        let held = Dictionary(uniqueKeysWithValues: ports.enumerated().map { (Int32($0 + 3), UInt64($1)) })
        try proc.setProcess(7, "master", descriptors: held)
        try proc.setProcess(8, "worker", descriptors: [:])
        #expect(try names(of: 20_777) == ["master"])
        try proc.setProcess(7, "master", descriptors: held.filter { $0.value != 20_777 })
        try proc.setProcess(8, "worker", descriptors: [6: 20_777])
        // 2000 sockets have four turns; then a descriptor is doubted, and found elsewhere.
        for _ in 0..<5 { _ = try names(of: 20_777) }
        #expect(try names(of: 20_777) == ["worker"])
        #expect(try names(of: 20_778) == ["master"])
    }

    @Test("a socket that was on its way to another process for several samples is found there")
    func inFlight() throws {
        proc.setSockets([listener(80)])
        try proc.setProcess(7, "sender", descriptors: [3: 80])
        try proc.setProcess(8, "receiver", descriptors: [:])
        #expect(try names(of: 80) == ["sender"])
        try proc.setProcess(7, "sender", descriptors: [:])
        for _ in 0..<6 { _ = try names(of: 80) }
        #expect(try names(of: 80) == [])
        try proc.setProcess(8, "receiver", descriptors: [4: 80])
        let found = try (0..<8).map { _ in try names(of: 80) }
        #expect(found.last == ["receiver"])
    }

    @Test("a process number that is used again is looked into, also when its predecessor held nothing")
    func reusedNumber() throws {
        proc.setSockets([listener(80)])
        try proc.setProcess(7, "idle", start: 100, descriptors: [:])
        try proc.setProcess(8, "parent", descriptors: [3: 80])
        #expect(try names(of: 80) == ["parent"])
        try proc.setProcess(7, "worker", start: 200, descriptors: [3: 80])
        #expect(try names(of: 80) == ["worker", "parent"])
    }

    @Test("a process that changes its user, moves into a unit or becomes another binary is shown as it is")
    func changed() throws {
        proc.setSockets([listener(80)])
        try proc.setProcess(7, "web", start: 300, uid: 0, unit: "session-1.scope", descriptors: [3: 80])
        let first = try #require(try owners(of: 80).first)
        #expect(first.uid == 0 && first.unit == "session-1.scope")
        for _ in 0..<10 { _ = try names(of: 80) }
        try proc.setProcess(7, "web", start: 300, uid: 33, unit: "web.service", program: "web2", descriptors: [3: 80])
        let now = try owners(of: 80)
        #expect(now.map(\.uid) == [33] && now.map(\.unit) == ["web.service"])
        #expect(now.map(\.executable) == ["/usr/bin/web2"])
        #expect(now.map(\.startedAt) == [first.startedAt], "it is the same process")
    }

    @Test("a program whose file was replaced is the same program")
    func replaced() throws {
        proc.setSockets([listener(80)])
        try proc.setProcess(7, "web", descriptors: [3: 80])
        #expect(try owners(of: 80).map(\.executable) == ["/usr/bin/web"])
        try proc.setProcess(7, "web", program: "web (deleted)", descriptors: [3: 80])
        #expect(try owners(of: 80).map(\.executable) == ["/usr/bin/web"])
    }
}
