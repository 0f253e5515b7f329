import CLinux
import Glibc
import PortModel

/// Parses the answer to a ``SockDiagRequest`` as its datagrams come in, without allocating anything for a socket.
///
/// Each message is a `struct nlmsghdr` and a `struct inet_diag_msg`, with attributes behind it; `inet_sk_diag_fill`,
/// `inet_twsk_diag_fill` and `inet_req_diag_fill` in net/ipv4/inet_diag.c write them. Every length is checked before what it is the
/// length of is read.
struct SockDiagParser {
    /// The table that was asked for.
    let table: SocketTable
    /// The number of the request: messages with another one answer something else, and are passed over.
    let sequence: UInt32
    /// Messages that were passed over: of a state that the table does not know.
    private(set) var malformed = 0
    /// A message had NLM_F_DUMP_INTR.
    private(set) var isInterrupted = false

    private static let headerSize = MemoryLayout<nlmsghdr>.size
    private static let messageSize = MemoryLayout<inet_diag_msg>.size

    /// A parser at the start of an answer.
    init(_ table: SocketTable, sequence: UInt32) {
        self.table = table
        self.sequence = sequence
    }

    /// Parses a datagram.
    ///
    /// - Returns: True at the end of the answer.
    /// - Throws: What the kernel says went wrong, or ``SockDiagError/malformed(field:)``: then nothing more can be read.
    mutating func parse(_ bytes: UnsafeRawBufferPointer, into sockets: inout [DiagSocket]) throws(SockDiagError) -> Bool
    {
        var at = 0
        while at < bytes.count {
            guard bytes.count - at >= Self.headerSize else { throw .malformed(field: "nlmsghdr") }
            let header = bytes.loadUnaligned(fromByteOffset: at, as: nlmsghdr.self)
            let length = Int(header.nlmsg_len)
            guard length >= Self.headerSize, length <= bytes.count - at else { throw .malformed(field: "nlmsg_len") }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[(at + Self.headerSize)..<(at + length)])
            at += min(Self.aligned(length), bytes.count - at)
            if header.nlmsg_seq != sequence { continue }
            if header.nlmsg_flags & UInt16(NLM_F_DUMP_INTR) != 0 { isInterrupted = true }
            switch Int32(header.nlmsg_type) {
            case NLMSG_NOOP: continue
            case NLMSG_DONE:
                // Since Linux 2.6 with the result of the dump; of one without there is nothing to say.
                try check(payload, "NLMSG_DONE", needsResult: false)
                return true
            case NLMSG_ERROR: try check(payload, "nlmsgerr", needsResult: true)
            case NLMSG_OVERRUN: throw .failed(errno: ENOBUFS)
            case SOCK_DIAG_BY_FAMILY: try append(payload, to: &sockets)
            default: throw .malformed(field: "nlmsg_type")
            }
        }
        return false
    }

    /// The error number at the start of a message; 0: all is well.
    private func check(_ payload: UnsafeRawBufferPointer, _ field: String, needsResult: Bool) throws(SockDiagError) {
        guard payload.count >= MemoryLayout<Int32>.size else {
            if needsResult { throw .malformed(field: field) }
            return
        }
        let code = payload.loadUnaligned(as: Int32.self)
        // Int32.min has no positive counterpart, and is no error number.
        if code < 0 { throw SockDiagError(answerErrno: code == .min ? EIO : -code, table.transport) }
    }

    private mutating func append(
        _ payload: UnsafeRawBufferPointer, to sockets: inout [DiagSocket]
    ) throws(SockDiagError) {
        guard payload.count >= Self.messageSize else { throw .malformed(field: "inet_diag_msg") }
        let message = payload.loadUnaligned(as: inet_diag_msg.self)
        let isIPv6 = table.family == .ipv6
        guard Int32(message.idiag_family) == (isIPv6 ? AF_INET6 : AF_INET) else {
            throw .malformed(field: "idiag_family")
        }
        guard let state = Self.state(message.idiag_state, isTCP: table.transport == .tcp) else {
            malformed += 1
            return
        }
        let id = message.id
        let isBoundOnly = table.transport == .tcp && state == .close
        let isTimeWaitTimer = message.idiag_timer == 3 && (state == .timeWait || state == .finWait2)
        let local = Endpoint(Self.address(id.idiag_src, isIPv6), UInt16(bigEndian: id.idiag_sport))
        // One that was connected, and is no more, still has its peer's port in it.
        let remote =
            isBoundOnly
            ? Endpoint(isIPv6 ? .anyIPv6 : .anyIPv4, 0)
            : Endpoint(Self.address(id.idiag_dst, isIPv6), UInt16(bigEndian: id.idiag_dport))
        var socket = DiagSocket(
            row: SocketRow(
                table: table, state: state, local: local, remote: remote, uid: message.idiag_uid,
                inode: UInt64(message.idiag_inode),
                // Milliseconds; /proc prints clock ticks, of which a second has 100 (USER_HZ).
                timerTicks: isTimeWaitTimer ? message.idiag_expires / 10 : 0),
            cookie: UInt64(id.idiag_cookie.1) << 32 | UInt64(id.idiag_cookie.0), interface: id.idiag_if)
        if state == .listen {
            socket.backlog = .init(length: message.idiag_rqueue, limit: message.idiag_wqueue)
        }
        try Self.readAttributes(UnsafeRawBufferPointer(rebasing: payload[Self.messageSize...]), into: &socket)
        sockets.append(socket)
    }

    /// The attributes behind a message: `struct nlattr`, each with its own length and aligned to 4 bytes.
    private static func readAttributes(
        _ bytes: UnsafeRawBufferPointer, into socket: inout DiagSocket
    ) throws(SockDiagError) {
        let headerSize = MemoryLayout<nlattr>.size
        var at = 0
        while at < bytes.count {
            guard bytes.count - at >= headerSize else { throw .malformed(field: "nlattr") }
            let length = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self))
            guard length >= headerSize, length <= bytes.count - at else { throw .malformed(field: "nla_len") }
            // The two upper bits say that it is nested, or in network byte order.
            let type = Int(bytes.loadUnaligned(fromByteOffset: at + 2, as: UInt16.self) & 0x3fff)
            let size = length - headerSize
            let value = at + headerSize
            if type == Int(INET_DIAG_SKV6ONLY), size >= 1 {
                socket.v6Only = bytes[value] != 0
            } else if type == Int(INET_DIAG_SOCKOPT), size >= 2 {
                socket.flags = flags(bytes[value], bytes[value + 1])
            }
            at += min(aligned(length), bytes.count - at)
        }
    }

    /// `struct inet_diag_sockopt`: bit fields, which begin at the lowest bit on little-endian machines and at the highest on others.
    private static func flags(_ first: UInt8, _ second: UInt8) -> DiagSocket.Flags {
        func isSet(_ byte: UInt8, _ bit: UInt8) -> Bool {
            #if _endian(little)
            byte & (1 << bit) != 0
            #else
            byte & (0x80 >> bit) != 0
            #endif
        }
        var flags: DiagSocket.Flags = []
        if isSet(first, 2) { flags.insert(.freeBind) }
        if isSet(first, 5) { flags.insert(.transparent) }
        if isSet(second, 0) { flags.insert(.bindAddressNoPort) }
        return flags
    }

    /// Messages and attributes begin at multiples of 4 (NLMSG_ALIGN, NLA_ALIGN).
    private static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

    private static func address(_ words: (UInt32, UInt32, UInt32, UInt32), _ isIPv6: Bool) -> IPAddress {
        guard isIPv6 else { return IPAddress(ipv4: UInt32(bigEndian: words.0)) }
        return IPAddress(
            high: UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1)),
            low: UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3)))
    }

    /// 12 is TCP_NEW_SYN_RECV, a request socket, which /proc shows as 03; 13 is TCP_BOUND_INACTIVE. UDP has only 1 and 7.
    private static func state(_ code: UInt8, isTCP: Bool) -> SocketState? {
        if isTCP { return SocketState(rawValue: code == 12 ? 3 : code == 13 ? 7 : code) }
        return code == 7 ? .close : code == 1 ? .established : nil
    }
}
