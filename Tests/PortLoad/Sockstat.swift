import Glibc

/// The one figure of /proc/net/sockstat that the generator steers by.
enum Sockstat {
    /// TIME_WAIT sockets of this namespace, IPv4 and IPv6.
    static func timeWait() -> Int? {
        let descriptor = open("/proc/net/sockstat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let reader = LineReader(descriptor)
        while let line = reader.next() {
            let words = line.split(separator: " ")
            guard words.first == "TCP:", let name = words.firstIndex(of: "tw"), name + 1 < words.count else { continue }
            return Int(words[name + 1])
        }
        return nil
    }
}
