import PortModel
import SockDiag

/// Sockets of every kind.
enum Samples {
    static let connected = DiagSocket(
        row: row(.tcp, .established, "10.0.0.1", 40000, "10.0.0.2", 443, uid: 1000, inode: 4711),
        cookie: 0x0102_0304_0506_0708, flags: [.bindAddressNoPort])

    static let all: [DiagSocket] = [
        connected,
        DiagSocket(
            row: row(.tcp6, .listen, "::", 8443, "::", 0, uid: 33, inode: 4_294_967_295), cookie: 9, v6Only: true,
            backlog: .init(length: 3, limit: 4096), flags: [.freeBind, .transparent]),
        DiagSocket(
            row: row(.udp, .established, "127.0.0.1", 5353, "127.0.0.9", 53, uid: 7, inode: 12), cookie: 1, flags: []),
        DiagSocket(
            row: row(.udp6, .close, "fe80::1", 546, "::", 0, inode: 13), cookie: 2, interface: 3, v6Only: false,
            flags: []),
        DiagSocket(row: row(.tcp, .timeWait, "10.0.0.1", 40001, "10.0.0.2", 443, ticks: 5999), cookie: 3),
        DiagSocket(row: row(.tcp, .finWait2, "10.0.0.1", 40002, "10.0.0.2", 443, ticks: 12), cookie: 4),
        DiagSocket(row: row(.tcp, .close, "127.0.0.1", 9000, "0.0.0.0", 0, inode: 14), cookie: 5, flags: []),
        DiagSocket(
            row: row(.tcp6, .close, "2001:db8::1", 9000, "::", 0, inode: 15), cookie: 6, interface: 2, v6Only: false,
            flags: []),
        DiagSocket(
            row: row(.tcp6, .closeWait, "::ffff:10.0.0.1", 80, "::ffff:10.0.0.2", 40003, inode: 16), cookie: 7,
            flags: []),
    ]

    private static func row(
        _ table: SocketTable, _ state: SocketState, _ local: String, _ port: UInt16, _ remote: String,
        _ remotePort: UInt16, uid: UInt32 = 0, inode: UInt64 = 0, ticks: UInt32 = 0
    ) -> SocketRow {
        SocketRow(
            table: table, state: state, local: endpoint(local, port), remote: endpoint(remote, remotePort), uid: uid,
            inode: inode, timerTicks: ticks)
    }

    private static func endpoint(_ address: String, _ port: UInt16) -> Endpoint {
        Endpoint(IPAddress(address) ?? .anyIPv6, port)
    }
}
