import Glibc

/// Tells systemd how the service is doing: sd_notify(3), one datagram to the socket that `NOTIFY_SOCKET` names.
public struct SystemdNotifier: Sendable {
    private let address: String?
    /// How often the watchdog wants to hear, from `WATCHDOG_USEC`; `nil` without a watchdog.
    public let watchdogInterval: Duration?

    /// A notifier as systemd set up this process; without `NOTIFY_SOCKET` it is silent.
    ///
    /// - Parameter environment: the process's environment.
    public init(environment: [String: String]) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isForUs = environment["WATCHDOG_PID"].flatMap { Int32($0) }.map { $0 == getpid() } ?? true
        watchdogInterval =
            isForUs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { .microseconds(max(1, $0)) } : nil
    }

    /// The service is up.
    public func ready(status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }
    /// One line for `systemctl status`.
    public func status(_ status: String) { send("STATUS=\(Self.line(status))\nWATCHDOG=1") }
    /// The service is alive.
    public func alive() { send("WATCHDOG=1") }
    /// The service is about to end.
    public func stopping() { send("STOPPING=1") }

    private static func line(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ") }

    private func send(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return }
        if path.first == UInt8(ascii: "@") { path[0] = 0 }  // the abstract name space
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bytes = Array(message.utf8)
        withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
    }
}
