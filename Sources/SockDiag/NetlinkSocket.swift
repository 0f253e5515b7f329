import CLinux
import Glibc

/// A socket to the kernel's sock_diag (sock_diag(7)). It asks about the network namespace of the thread that opened it.
struct NetlinkSocket: ~Copyable {
    private let descriptor: Int32

    /// How long the kernel may take for an answer, which it gives from within recv(2): only one that never answers takes as long.
    private static let patience = 10

    init() throws(SockDiagError) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard descriptor >= 0 else { throw SockDiagError(socketErrno: errno) }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { _ = close(descriptor) }

    /// Sends a message.
    func send(_ bytes: [UInt8]) throws(SockDiagError) {
        while Glibc.send(descriptor, bytes, bytes.count, 0) < 0 {
            if errno != EINTR { throw SockDiagError(socketErrno: errno) }
        }
    }

    /// Receives the next datagram of the kernel, whole.
    ///
    /// - Returns: How many bytes it has.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SockDiagError) -> Int {
        while true {
            var sender = sockaddr_nl()
            var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let count = withUnsafeMutablePointer(to: &sender) { sender in
                // With MSG_TRUNC the result is the datagram's length, also where the buffer is shorter.
                recvfrom(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC),
                    UnsafeMutableRawPointer(sender).assumingMemoryBound(to: sockaddr.self), &size)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SockDiagError(socketErrno: errno)
            }
            // Other processes may send to this socket too.
            if sender.nl_pid != 0 { continue }
            if count > buffer.count { throw .malformed(field: "length") }
            if count == 0 { throw .malformed(field: "empty") }
            return count
        }
    }
}
