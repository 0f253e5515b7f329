#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// An IPv4 or IPv6 address as one 128-bit number.
///
/// An IPv4 address a.b.c.d is held as its mapped form `::ffff:a.b.c.d`, because the kernel treats both as the same
/// address when it looks for port conflicts (`ipv6_rcv_saddr_equal` in net/ipv4/inet_connection_sock.c). Which of the two
/// notations a socket used is a property of the table it stands in, so it is an argument of ``text(in:)``.
public struct IPAddress: Hashable, Sendable {
    /// The upper 64 bits, most significant first; 0 for IPv4.
    public let high: UInt64
    /// The lower 64 bits, most significant first.
    public let low: UInt64

    /// An address from its 128 bits, given as two numbers, the most significant first.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An IPv4 address from its 32 bits, the most significant first: 127.0.0.1 is `0x7f00_0001`.
    @inlinable public init(ipv4: UInt32) {
        self.init(high: 0, low: 0x0000_ffff_0000_0000 | UInt64(ipv4))
    }

    /// Reads what `inet_pton(3)` reads, IPv4 or IPv6; `nil` for anything else.
    public init?(_ text: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(ipv4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = withUnsafeBytes(of: &v6) { bytes in
            IPAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// `0.0.0.0`.
    public static let anyIPv4 = IPAddress(ipv4: 0)
    /// `::`.
    public static let anyIPv6 = IPAddress(high: 0, low: 0)

    /// True for IPv4 addresses, the mapped ones (`::ffff:a.b.c.d`) included.
    @inlinable public var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// True for `0.0.0.0`, `::ffff:0.0.0.0` and `::`: bound to every address of the namespace.
    @inlinable public var isWildcard: Bool { self == .anyIPv4 || self == .anyIPv6 }

    /// 255.255.255.255.
    public static let broadcast = IPAddress(ipv4: .max)

    /// True for ff00::/8.
    public var isIPv6Multicast: Bool { high >> 56 == 0xff }

    /// True for ff00::/8 and 224.0.0.0/4.
    public var isMulticast: Bool { isIPv6Multicast || isIPv4 && low >> 28 & 0xf == 0xe }

    /// True for an IPv6 address that means something on one interface alone: fe80::/10, and groups of the scopes of an interface
    /// (ff01::/16) and of a link (ff02::/16).
    public var isOfOneInterface: Bool {
        high >> 54 == 0x3fa || isIPv6Multicast && [1, 2].contains(high >> 48 & 0xf)
    }

    /// True for 127.0.0.0/8, its mapped form and `::1`: what `tcp_twsk_unique` in net/ipv4/tcp_ipv4.c takes for loopback.
    @inlinable public var isLoopback: Bool {
        isIPv4 ? (low >> 24) & 0xff == 127 : high == 0 && low == 1
    }

    /// The family that a person would name: IPv4 for mapped addresses.
    @inlinable public var family: AddressFamily { isIPv4 ? .ipv4 : .ipv6 }

    /// As `inet_ntop(3)` writes it for a socket of `family`: in an IPv6 table an IPv4 address is `::ffff:a.b.c.d`.
    public func text(in family: AddressFamily) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            if family == .ipv4 {
                var v4 = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
                inet_ntop(AF_INET, &v4, buffer.baseAddress, socklen_t(buffer.count))
            } else {
                var words = (high.bigEndian, low.bigEndian)
                inet_ntop(AF_INET6, &words, buffer.baseAddress, socklen_t(buffer.count))
            }
            guard let start = buffer.baseAddress else { return "" }
            return String(cString: start)
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// IPv4 in dotted notation, mapped addresses too; IPv6 otherwise.
    public var description: String { text(in: family) }
}

extension IPAddress: Comparable {
    /// Numeric order; IPv4 stands together.
    @inlinable public static func < (a: IPAddress, b: IPAddress) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}
