import ProcFS
import Testing

@Suite struct ProcNetCountersTests {
    @Test func `The captured sockstat files are read`() throws {
        let sockstat = try Fixture.host.sockstat()
        #expect(sockstat.tcpInUse == 17)
        #expect(sockstat.tcpTimeWait == 5)
        #expect(sockstat.tcpOrphans == 0)
        #expect(sockstat.tcpAllocated >= 27)
        #expect(sockstat.udpInUse == 5)
        let six = try #require(try Fixture.host.sockstat6())
        #expect(six.tcpInUse == 10)
        #expect(six.udpInUse == 4)
    }

    @Test func `A counter that sockstat lacks is named`() {
        let text = "TCP: inuse 1 orphan 2 tw x alloc 4 mem 5\nUDP: inuse 6 mem 7\n"
        #expect(throws: ProcError.malformed(field: "TCP: tw")) { try ProcSockstat(parsing: Array(text.utf8)) }
        #expect(throws: ProcError.malformed(field: "TCP6: inuse")) { try ProcSockstat6(parsing: Array("TCP6:".utf8)) }
        #expect(throws: ProcError.malformed(field: "TCP: inuse")) { try ProcSockstat(parsing: []) }
    }

    @Test func `A host without IPv6 has no sockstat6`() throws {
        let root = try TemporaryRoot()
        #expect(try root.proc.sockstat6() == nil)
        #expect(throws: ProcError.vanished) { try root.proc.sockstat() }
        #expect(throws: ProcError.vanished) { try root.proc.netstat() }
    }

    @Test func `The captured netstat is read`() throws {
        let netstat = try Fixture.host.netstat()
        #expect(netstat == ProcNetstat(listenOverflows: 0, listenDrops: 0, timeWaitOverflow: 0))
    }

    @Test func `Counters are found by their name, in any order, and may be missing`() throws {
        let text = """
            TcpExt: TCPTimeWaitOverflow ListenDropsOfOthers ListenOverflows
            TcpExt: 18446744073709551615 2 3
            IpExt: ListenDrops
            IpExt: 9

            """
        let netstat = try ProcNetstat(parsing: Array(text.utf8))
        #expect(netstat == ProcNetstat(listenOverflows: 3, listenDrops: nil, timeWaitOverflow: .max))
    }

    @Test(arguments: ["", "TcpExt: A B\n", "TcpExt: A B\nTcpExt: 1\n", "TcpExt: A\nTcpExt: 1\nTcpExt: 2\n"])
    func `Names without their numbers are refused`(text: String) {
        #expect(throws: ProcError.malformed(field: "TcpExt")) { try ProcNetstat(parsing: Array(text.utf8)) }
    }

    @Test func `A counter that is no number is named`() {
        let text = "TcpExt: ListenDrops\nTcpExt: -1\n"
        #expect(throws: ProcError.malformed(field: "ListenDrops")) { try ProcNetstat(parsing: Array(text.utf8)) }
    }

    @Test func `The real files are read`() throws {
        _ = try ProcFS().sockstat()
        _ = try ProcFS().sockstat6()
        #expect(try ProcFS().netstat().listenDrops != nil)
    }
}
