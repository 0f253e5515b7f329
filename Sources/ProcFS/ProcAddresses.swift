import PortModel

/// The addresses of a network namespace: /proc/net/fib_trie for IPv4, /proc/net/if_inet6 for IPv6.
enum ProcAddresses {
    /// Reads `fib_trie`: an address behind `|--`, then its routes, of which LOCAL and BROADCAST are those that bind() takes. Rules of
    /// one's own (`ip rule`) give it more tables, called `Id n`, which do not count.
    static func readRoutes(_ bytes: [UInt8], into addresses: inout LocalAddresses) {
        var address: IPAddress?
        var isCounted = true
        for line in ProcText.decode(bytes[...]).split(separator: "\n") {
            let words = line.split(separator: " ")
            if !line.hasPrefix(" ") { isCounted = !line.hasPrefix("Id ") }
            if words.first == "|--", words.count == 2 {
                address = IPAddress(String(words[1]))
            } else if let first = words.first, first.hasPrefix("/"), let length = Int(first.dropFirst()), isCounted,
                let address
            {
                if words.contains("LOCAL") { addresses.insert(address, prefix: length) }
                if words.contains("BROADCAST") { addresses.insert(broadcast: address) }
            }
        }
    }

    /// Reads `if_inet6`: address, interface, prefix, scope and flags in hexadecimal, and the interface's name. An address that is
    /// tentative or a duplicate is not there yet for bind() (IFA_F_TENTATIVE, IFA_F_DADFAILED of linux/if_addr.h).
    static func readInterfaces(_ bytes: [UInt8], into addresses: inout LocalAddresses) {
        for line in ProcText.decode(bytes[...]).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[0].utf8.count == 32, let interface = UInt32(words[1], radix: 16),
                let scope = UInt32(words[3], radix: 16), let flags = UInt32(words[4], radix: 16),
                let high = UInt64(words[0].prefix(16), radix: 16), let low = UInt64(words[0].dropFirst(16), radix: 16)
            else { continue }
            let (optimistic, duplicate, tentative): (UInt32, UInt32, UInt32) = (0x04, 0x08, 0x40)
            if flags & tentative != 0 && flags & (optimistic | duplicate) != optimistic { continue }
            // IFA_HOST and IFA_LINK of include/net/if_inet6.h.
            addresses.insert(IPAddress(high: high, low: low), on: scope & 0x30 == 0 ? 0 : interface)
        }
    }
}

extension ProcFS {
    /// The addresses that bind() takes in the network namespace of `netPath`; see ``readSockets(netPath:into:)``.
    ///
    /// A missing if_inet6 is normal: IPv6 is off. `net.ipv6.ip_nonlocal_bind` is that of the calling thread's namespace.
    public func localAddresses(netPath: String = "net") throws(ProcError) -> LocalAddresses {
        var addresses = LocalAddresses()
        ProcAddresses.readRoutes(try ProcFile(path("\(netPath)/fib_trie")).bytes(), into: &addresses)
        do throws(ProcError) {
            ProcAddresses.readInterfaces(try ProcFile(path("\(netPath)/if_inet6")).bytes(), into: &addresses)
        } catch .vanished {
            return addresses
        }
        addresses.takesAnyIPv6 =
            (try? sysctl("sys/net/ipv6/ip_nonlocal_bind")).flatMap(ProcSysctl.number).map { $0 != 0 } ?? false
        return addresses
    }
}
