import Glibc
import PortModel

/// An address and a port as the socket calls take and give them: IPv4 ones, mapped ones too, as sockaddr_in, others as sockaddr_in6.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// The address of an endpoint.
    init(_ address: IPAddress, port: UInt16) {
        if address.isIPv4 {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
        } else {
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &v6.sin6_addr) { bytes in
                bytes.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        }
    }

    /// What a socket is bound to; `nil` where it does not tell.
    init?(of descriptor: Int32) {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let (named, found) = withUnsafeMutablePointer(to: &storage) { pointer in
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let named = getsockname(
                descriptor, UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), &size)
            return (named, size)
        }
        guard named == 0 else { return nil }
        length = found
    }

    /// The address without its port.
    var address: IPAddress {
        withUnsafeBytes(of: storage) { bytes in
            if storage.ss_family == sa_family_t(AF_INET) {
                return IPAddress(ipv4: UInt32(bigEndian: bytes.load(as: sockaddr_in.self).sin_addr.s_addr))
            }
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \sockaddr_in6.sin6_addr) ?? 8
            return IPAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
        }
    }

    /// A call that takes it: bind(2), connect(2).
    func pass(to call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: storage) {
            call(UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), length)
        }
    }
}
