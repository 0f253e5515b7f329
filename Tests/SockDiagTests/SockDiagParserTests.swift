import CLinux
import Glibc
import PortModel
import TestSupport
import Testing

@testable import SockDiag

@Suite struct SockDiagParserTests {
    /// As the kernel wrote it (Linux 6.18, x86-64): a listener on 127.0.0.1:8080, with its attributes, and the end of the dump.
    #if _endian(little)
    @Test func `A captured answer is read`() throws {
        let answer = ParsedAnswer(.tcp, Capture.listener, sequence: Capture.sequence)
        #expect(answer.error == nil)
        #expect(answer.isDone)
        let socket = try #require(answer.sockets.first)
        #expect(answer.sockets.count == 1)
        #expect(socket.row.local.description == "127.0.0.1:8080")
        #expect(socket.row.remote.isNone)
        #expect(socket.row.state == .listen)
        #expect(socket.backlog == .init(length: 0, limit: 17))
        #expect(socket.row.inode == Capture.inode)
        #expect(socket.flags == [])
        #expect(socket.v6Only == nil)
    }
    #endif

    @Test(arguments: Samples.all) func `A socket is read as the kernel writes it`(socket: DiagSocket) {
        let answer = ParsedAnswer(
            socket.row.table, SockDiagMessage.message(SockDiagMessage.body(socket)) + SockDiagMessage.done())
        #expect(answer.error == nil)
        #expect(answer.isDone)
        #expect(answer.sockets == [socket])
    }

    @Test func `A request socket is half-open, and what was connected and is only bound has no peer`() {
        let halfOpen = Samples.connected
        var bound = Samples.connected
        bound.row.state = .close
        let answer = ParsedAnswer(
            .tcp,
            SockDiagMessage.message(SockDiagMessage.body(halfOpen, code: 12))
                + SockDiagMessage.message(SockDiagMessage.body(bound))
                + SockDiagMessage.message(SockDiagMessage.body(bound, code: 13)))
        #expect(answer.sockets.map(\.row.state) == [.synReceived, .close, .close])
        #expect(answer.sockets.map(\.isBoundOnly) == [false, true, true])
        #expect(answer.sockets.map(\.row.remote.isNone) == [false, true, true])
        #expect(!answer.isDone)
    }

    @Test func `States that no table knows are counted and passed over`() {
        let tcp = [0, 14, 255].flatMap { code in
            SockDiagMessage.message(SockDiagMessage.body(Samples.connected, code: code))
        }
        #expect(ParsedAnswer(.tcp, tcp).malformed == 3)
        let udp = SockDiagMessage.message(SockDiagMessage.body(Samples.all[3], code: 10))
        #expect(ParsedAnswer(Samples.all[3].row.table, udp).malformed == 1)
    }

    @Test func `What the kernel refuses says what is missing`() {
        let refusals: [(Int32, SocketTable, SockDiagError)] = [
            (ENOENT, .tcp6, .moduleMissing("tcp_diag")), (ENOENT, .udp, .moduleMissing("udp_diag")),
            (EPERM, .tcp, .permissionDenied), (ENOMEM, .tcp, .failed(errno: ENOMEM)),
        ]
        for (code, table, error) in refusals {
            #expect(ParsedAnswer(table, SockDiagMessage.error(code)).error == error)
            #expect(ParsedAnswer(table, SockDiagMessage.done(-code)).error == error)
        }
        #expect(ParsedAnswer(.tcp, SockDiagMessage.message(type: NLMSG_OVERRUN, [])).error == .failed(errno: ENOBUFS))
    }

    @Test func `Answers to something else are passed over, and an interruption is told`() {
        let other = SockDiagMessage.message(sequence: 2, SockDiagMessage.body(Samples.connected))
        let answer = ParsedAnswer(
            .tcp,
            SockDiagMessage.done(sequence: 7) + other + SockDiagMessage.error(EPERM, sequence: 9)
                + SockDiagMessage.message(type: NLMSG_NOOP, []) + SockDiagMessage.error(0)
                + SockDiagMessage.message(
                    flags: NLM_F_MULTI | NLM_F_DUMP_INTR, SockDiagMessage.body(Samples.connected))
                + SockDiagMessage.done())
        #expect(answer.sockets == [Samples.connected])
        #expect(answer.isInterrupted)
        #expect(answer.isDone)
        #expect(answer.error == nil)
    }

    @Test func `An IPv6 row in an answer about IPv4 is an error`() {
        let bytes = SockDiagMessage.message(SockDiagMessage.body(Samples.all[1]))
        #expect(ParsedAnswer(.tcp, bytes).error == .malformed(field: "idiag_family"))
    }

    @Test func `Every prefix of an answer has the sockets that it has whole, or says that it is cut`() {
        let messages = Samples.all.filter { $0.row.table == .tcp6 }.map {
            SockDiagMessage.message(SockDiagMessage.body($0))
        }
        let whole = messages.flatMap { $0 } + SockDiagMessage.done()
        var ends: Set<Int> = [0]
        for message in messages { ends.insert((ends.max() ?? 0) + message.count) }
        for length in 0..<whole.count {
            let answer = ParsedAnswer(.tcp6, Array(whole[..<length]))
            #expect(!answer.isDone || length == whole.count)
            #expect(answer.sockets.count >= ends.count { $0 > 0 && $0 <= length })
            #expect((answer.error == nil) == ends.contains(length), "\(length): \(String(describing: answer.error))")
        }
        #expect(ParsedAnswer(.tcp6, whole).isDone)
    }

    @Test(arguments: SocketTable.allCases)
    func `25 000 mutations of an answer are read, counted or refused`(table: SocketTable) {
        var generator = SeededGenerator(seed: 0x5eed ^ UInt64(table.rawValue))
        let messages = Samples.all.filter { $0.row.table == table }.map {
            SockDiagMessage.message(SockDiagMessage.body($0))
        }
        let whole = messages.flatMap { $0 } + SockDiagMessage.done()
        for _ in 0..<25_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &generator)
                let length = min(Int.random(in: 1...80, using: &generator), bytes.count - at)
                switch generator.next() % 6 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes[at] ^= 1 << UInt8(generator.next() % 8)
                case 2: bytes[at] = [0, 1, 3, 4, 0x7f, 0x80, 0xff][Int(generator.next() % 7)]
                case 3: bytes.removeSubrange(at..<(at + length))
                case 4: bytes.insert(contentsOf: Array(bytes[at..<(at + length)]), at: at)
                default: if generator.next() % 4 == 0 { bytes.removeSubrange(at...) }
                }
            }
            let answer = ParsedAnswer(table, bytes)
            #expect(answer.sockets.count <= bytes.count / 88)
            for socket in answer.sockets {
                guard socket.row.table == table, table.family == .ipv6 || socket.row.local.address.isIPv4,
                    socket.row.timerTicks == 0 || socket.row.state == .timeWait || socket.row.state == .finWait2,
                    !socket.isBoundOnly || socket.row.remote.isNone
                else {
                    Issue.record("\(socket) of \(bytes)")
                    return
                }
            }
        }
    }

    @Test func `A request asks for one table and some states`() {
        let bytes = SockDiagRequest(table: .udp6, states: SockDiagRequest.boundOnly).bytes(sequence: 9)
        bytes.withUnsafeBytes { bytes in
            let header = bytes.loadUnaligned(as: nlmsghdr.self)
            #expect(Int(header.nlmsg_len) == bytes.count)
            #expect(header.nlmsg_type == 20)
            #expect(header.nlmsg_flags == 0x301)
            #expect(header.nlmsg_seq == 9)
            let request = bytes.loadUnaligned(fromByteOffset: 16, as: inet_diag_req_v2.self)
            #expect(request.sdiag_family == 10)
            #expect(request.sdiag_protocol == 17)
            #expect(request.idiag_states == 8192)
        }
    }
}
