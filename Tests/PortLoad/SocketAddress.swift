import Glibc

/// A `sockaddr` of IPv4 or IPv6.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    /// AF_INET or AF_INET6.
    var family: Int32 { Int32(storage.ss_family) }

    /// An address of what `inet_pton(3)` reads, and a port; `nil` for anything else.
    init?(_ text: String, _ port: UInt16) {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, text, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
        } else if inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        } else {
            return nil
        }
    }

    /// The address as the system calls want it.
    func withPointer<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        withUnsafePointer(to: storage) {
            body(UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    /// The port that the kernel has given to a socket; 0 when it has none.
    static func localPort(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            getsockname(descriptor, UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port stands at the same place in both families.
        return result == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }
}
