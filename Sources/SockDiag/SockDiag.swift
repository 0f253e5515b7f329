import Glibc
import PortModel

/// The kernel's sock_diag interface (sock_diag(7), linux/inet_diag.h) as a second witness beside /proc: the same sockets, and what
/// /proc hides of them. It takes no privilege.
///
/// Always about the network namespace of the calling thread.
public struct SockDiag: Sendable {
    /// The first kernel that tells of sockets that are bound and no more.
    public static let boundSince = KernelVersion(6, 8)

    /// The buffer for datagrams: the kernel's dumps have 32 KiB at most (`netlink_dump` in net/netlink/af_netlink.c).
    private static let bufferSize = 65_536

    /// There is nothing to hold: each question opens a socket of its own.
    public init() {}

    /// All sockets of some tables.
    ///
    /// - Throws: Why a table could not be read to its end; a part of one is never returned.
    public func sockets(
        _ tables: [SocketTable] = SocketTable.allCases
    ) throws(SockDiagError) -> SockDiagReading {
        try read(tables, SockDiagRequest.allStates)
    }

    /// The TCP sockets that are bound, and neither listen nor are connected, of both families: what /proc does not show. None on
    /// kernels before ``boundSince``.
    public func boundSockets() throws(SockDiagError) -> [DiagSocket] {
        try read([.tcp, .tcp6], SockDiagRequest.boundOnly).sockets
    }

    /// The same with the TCP listeners, of which it tells how long their accept queues are.
    public func boundAndListeningSockets() throws(SockDiagError) -> [DiagSocket] {
        try read([.tcp, .tcp6], SockDiagRequest.boundOrListening).sockets
    }

    /// Makes sure that ``boundSockets()`` tells of all that there are.
    ///
    /// - Throws: Why it does not, here and now: ``SockDiagError/kernelTooOld(release:)`` or what it throws itself.
    public func checkBoundSockets() throws(SockDiagError) {
        let release = Self.kernelRelease()
        if let version = KernelVersion(release: release), version < Self.boundSince {
            throw .kernelTooOld(release: release)
        }
        _ = try boundSockets()
    }

    private func read(_ tables: [SocketTable], _ states: UInt32) throws(SockDiagError) -> SockDiagReading {
        var reading = SockDiagReading()
        let socket = try NetlinkSocket()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 64)
        defer { buffer.deallocate() }
        for (index, table) in tables.enumerated() {
            let sequence = UInt32(truncatingIfNeeded: index + 1)
            try socket.send(SockDiagRequest(table: table, states: states).bytes(sequence: sequence))
            var parser = SockDiagParser(table, sequence: sequence)
            var isDone = false
            while !isDone {
                let count = try socket.receive(into: buffer)
                isDone = try parser.parse(
                    UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &reading.sockets)
            }
            reading.malformed += parser.malformed
            reading.isInterrupted = reading.isInterrupted || parser.isInterrupted
        }
        return reading
    }

    private static func kernelRelease() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "" }
        return withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
