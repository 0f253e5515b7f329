import Glibc
import PortModel

/// Parses /proc/net/tcp, tcp6, udp or udp6 as its bytes come in, without allocating anything for a row.
///
/// The formats are those of `get_tcp4_sock`, `get_timewait4_sock` and `get_openreq4` in net/ipv4/tcp_ipv4.c, `udp4_format_sock`
/// in net/ipv4/udp.c and their IPv6 siblings:
///
///     %4d: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu …
///     sl   local     remote    st   tx   rx   tr tm->when retr uid timeout inode
///
/// An address is one or four 32-bit words in the host's byte order. What stands behind the inode differs between the kinds
/// of sockets and is not looked at. Everything before is checked to the letter: a row that differs is skipped and counted.
public struct ProcNetTable {
    /// The columns up to the inode, and what else can be wrong with a row.
    enum Field: String {
        case header
        case slot = "sl"
        case local = "local_address"
        case remote = "rem_address"
        case state = "st"
        case sendQueue = "tx_queue"
        case receiveQueue = "rx_queue"
        case timer = "tr"
        case when = "tm->when"
        case retransmits = "retrnsmt"
        case uid
        case timeout
        case inode
        case cut = "end of line"
        case length
    }

    /// The table that is parsed.
    public let table: SocketTable
    /// How many rows were skipped because they are malformed, short, cut off or too long.
    public private(set) var malformed = 0
    /// The first of them.
    public private(set) var firstMalformed: MalformedRow?

    private let file: String
    /// Lines begun so far.
    private var line = 0
    /// True while the rest of an over-long line is passed over.
    private var skipping = false

    /// A parser at the start of a table; `file` is the name under which malformed rows are reported.
    public init(_ table: SocketTable, file: String) {
        self.table = table
        self.file = file
    }

    /// Parses all whole lines at the start of `bytes` and returns how many bytes they have. The caller gives the rest
    /// again, with what follows it.
    public mutating func parse(_ bytes: UnsafeRawBufferPointer, into rows: inout [SocketRow]) -> Int {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        let end = base + bytes.count
        let isTCP = table.transport == .tcp
        let isIPv6 = table.family == .ipv6
        var at = base
        while at < end, let found = memchr(at, 0x0a, end - at) {
            let newline = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
            if skipping {
                skipping = false
            } else {
                line += 1
                let problem = line == 1 ? header(at, newline) : row(at, newline, isTCP, isIPv6, into: &rows)
                if let problem { report(problem, at, newline) }
            }
            at = newline + 1
        }
        return at - base
    }

    /// Passes over `bytes`, which have no line end and fill the caller's buffer, and what follows up to the next line end.
    public mutating func skip(_ bytes: UnsafeRawBufferPointer) {
        guard !skipping, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        skipping = true
        line += 1
        report(.length, base, base + bytes.count)
    }

    /// Ends the table: `rest` is what is left behind the last line end, nothing if the table is whole.
    public mutating func finish(_ rest: UnsafeRawBufferPointer) {
        guard !rest.isEmpty, !skipping, let base = rest.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        line += 1
        report(.cut, base, base + rest.count)
    }

    @inline(never)
    private mutating func report(_ field: Field, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        malformed += 1
        guard firstMalformed == nil else { return }
        let text = MalformedRow.escape(UnsafeBufferPointer(start: start, count: end - start))
        firstMalformed = MalformedRow(file: file, line: line, field: field.rawValue, text: text)
    }

    /// The first line begins with the name of the first column.
    @inline(never)
    private func header(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Field? {
        var scanner = ByteScanner(start, end: end)
        scanner.skipSpaces()
        let isHeader = scanner.take(UInt8(ascii: "s")) && scanner.take(UInt8(ascii: "l")) && scanner.take(0x20)
        return isHeader ? nil : .header
    }

    /// Reads one line without its end and appends its row; or returns the field that is wrong.
    @inline(__always)
    private func row(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ isTCP: Bool, _ isIPv6: Bool,
        into rows: inout [SocketRow]
    ) -> Field? {
        let colon = UInt8(ascii: ":")
        var scanner = ByteScanner(start, end: end)
        scanner.skipSpaces()
        guard scanner.decimal(UInt32.self) != nil, scanner.take(colon), scanner.take(0x20) else { return .slot }
        guard let local = Self.endpoint(&scanner, isIPv6), scanner.take(0x20) else { return .local }
        guard let remote = Self.endpoint(&scanner, isIPv6), scanner.take(0x20) else { return .remote }
        guard let code = scanner.hex2(), let state = Self.state(code, isTCP), scanner.take(0x20) else { return .state }
        guard scanner.hex8() != nil, scanner.take(colon) else { return .sendQueue }
        guard scanner.hex8() != nil, scanner.take(0x20) else { return .receiveQueue }
        guard let timer = scanner.hex2(), scanner.take(colon) else { return .timer }
        guard let ticks = scanner.hexLong(), scanner.take(0x20) else { return .when }
        guard scanner.hex8() != nil, scanner.spaces() else { return .retransmits }
        guard let uid = scanner.decimal(UInt32.self), scanner.spaces() else { return .uid }
        _ = scanner.take(UInt8(ascii: "-"))
        guard scanner.decimal(UInt32.self) != nil, scanner.take(0x20) else { return .timeout }
        guard let inode = scanner.decimal(UInt64.self), scanner.take(0x20) else { return .inode }
        let isTimeWaitTimer = timer == 3 && (state == .timeWait || state == .finWait2)
        rows.append(
            SocketRow(
                table: table, state: state, local: local, remote: remote, uid: uid, inode: inode,
                timerTicks: isTimeWaitTimer ? UInt32(clamping: ticks) : 0))
        return nil
    }

    @inline(__always)
    private static func endpoint(_ scanner: inout ByteScanner, _ isIPv6: Bool) -> Endpoint? {
        guard let address = isIPv6 ? ipv6(&scanner) : ipv4(&scanner), scanner.take(UInt8(ascii: ":")),
            let port = scanner.hex4()
        else { return nil }
        return Endpoint(address, port)
    }

    @inline(__always)
    private static func ipv4(_ scanner: inout ByteScanner) -> IPAddress? {
        guard let word = scanner.hex8() else { return nil }
        return IPAddress(ipv4: UInt32(bigEndian: word))
    }

    @inline(__always)
    private static func ipv6(_ scanner: inout ByteScanner) -> IPAddress? {
        guard let a = scanner.hex8(), let b = scanner.hex8(), let c = scanner.hex8(), let d = scanner.hex8() else {
            return nil
        }
        return IPAddress(
            high: UInt64(UInt32(bigEndian: a)) << 32 | UInt64(UInt32(bigEndian: b)),
            low: UInt64(UInt32(bigEndian: c)) << 32 | UInt64(UInt32(bigEndian: d)))
    }

    /// 0C is TCP_NEW_SYN_RECV, the state of a request socket; UDP has only 01 and 07.
    @inline(__always)
    private static func state(_ code: UInt8, _ isTCP: Bool) -> SocketState? {
        if isTCP { return SocketState(rawValue: code == 0x0c ? 3 : code) }
        return code == 7 ? .close : code == 1 ? .established : nil
    }
}
