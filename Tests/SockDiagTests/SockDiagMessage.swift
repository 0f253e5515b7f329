import CLinux
import Glibc
import PortModel

@testable import SockDiag

/// Writes what the kernel writes: messages of a dump, with attributes.
enum SockDiagMessage {
    /// A netlink message of its header and payload, padded to a multiple of 4.
    static func message(
        type: Int32 = SOCK_DIAG_BY_FAMILY, flags: Int32 = NLM_F_MULTI, sequence: UInt32 = 1, _ payload: [UInt8]
    ) -> [UInt8] {
        let header = nlmsghdr(
            nlmsg_len: UInt32(16 + payload.count), nlmsg_type: UInt16(type), nlmsg_flags: UInt16(flags),
            nlmsg_seq: sequence, nlmsg_pid: 4711)
        return padded(withUnsafeBytes(of: header) { Array($0) } + payload)
    }

    /// NLMSG_DONE with the result of the dump.
    static func done(_ result: Int32 = 0, sequence: UInt32 = 1) -> [UInt8] {
        message(type: NLMSG_DONE, sequence: sequence, withUnsafeBytes(of: result) { Array($0) })
    }

    /// NLMSG_ERROR: a negative error number, and the header of the request.
    static func error(_ code: Int32, sequence: UInt32 = 1) -> [UInt8] {
        message(
            type: NLMSG_ERROR, flags: 0, sequence: sequence,
            withUnsafeBytes(of: -code) { Array($0) } + [UInt8](repeating: 0, count: 16))
    }

    /// An attribute of its type and value, padded.
    static func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
        let header = nlattr(nla_len: UInt16(4 + value.count), nla_type: UInt16(type))
        return padded(withUnsafeBytes(of: header) { Array($0) } + value)
    }

    /// `struct inet_diag_msg` of a socket, with the attributes that tell the rest of it.
    static func body(_ socket: DiagSocket, code: UInt8? = nil) -> [UInt8] {
        let row = socket.row
        var message = inet_diag_msg()
        message.idiag_family = UInt8(row.table.family == .ipv4 ? AF_INET : AF_INET6)
        message.idiag_state = code ?? row.state.rawValue
        if row.timerTicks > 0 { (message.idiag_timer, message.idiag_expires) = (3, row.timerTicks * 10 + 7) }
        message.id.idiag_sport = row.local.port.bigEndian
        message.id.idiag_dport = row.remote.port.bigEndian
        message.id.idiag_src = words(row.local.address, row.table)
        message.id.idiag_dst = words(row.remote.address, row.table)
        message.id.idiag_if = socket.interface
        message.id.idiag_cookie = (
            UInt32(truncatingIfNeeded: socket.cookie), UInt32(truncatingIfNeeded: socket.cookie >> 32)
        )
        message.idiag_uid = row.uid
        message.idiag_inode = UInt32(truncatingIfNeeded: row.inode)
        if let backlog = socket.backlog {
            (message.idiag_rqueue, message.idiag_wqueue) = (backlog.length, backlog.limit)
        }
        var bytes = withUnsafeBytes(of: message) { Array($0) }
        bytes += attribute(Int(INET_DIAG_SHUTDOWN), [0])
        if let only = socket.v6Only { bytes += attribute(Int(INET_DIAG_SKV6ONLY), [only ? 1 : 0]) }
        if let flags = socket.flags { bytes += attribute(Int(INET_DIAG_SOCKOPT), sockopt(flags)) }
        return bytes
    }

    private static func sockopt(_ flags: DiagSocket.Flags) -> [UInt8] {
        var first: UInt8 = 0b1101_0011
        if flags.contains(.freeBind) { first |= 1 << 2 }
        if flags.contains(.transparent) { first |= 1 << 5 }
        return [first, flags.contains(.bindAddressNoPort) ? 0b0000_0001 : 0]
    }

    private static func words(_ address: IPAddress, _ table: SocketTable) -> (UInt32, UInt32, UInt32, UInt32) {
        func word(_ half: UInt64, _ shift: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: half >> shift).bigEndian }
        if table.family == .ipv4 { return (word(address.low, 0), 0, 0, 0) }
        return (word(address.high, 32), word(address.high, 0), word(address.low, 32), word(address.low, 0))
    }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
    }
}

/// An answer, parsed at once.
struct ParsedAnswer {
    var sockets: [DiagSocket] = []
    var isDone = false
    var malformed = 0
    var isInterrupted = false
    var error: SockDiagError?

    init(_ table: SocketTable, _ bytes: [UInt8], sequence: UInt32 = 1) {
        var parser = SockDiagParser(table, sequence: sequence)
        do throws(SockDiagError) {
            // A copy at its own place on the heap: what reads behind its end is found by the address sanitizer.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: bytes)
            isDone = try parser.parse(UnsafeRawBufferPointer(buffer), into: &sockets)
        } catch { self.error = error }
        malformed = parser.malformed
        isInterrupted = parser.isInterrupted
    }
}
