import Foundation
import Testing

@testable import PortRecorder

/// What systemd hears.
struct SystemdNotifierTests {
    @Test("messages arrive at the socket that NOTIFY_SOCKET names, on one line each", arguments: ["/", "@"])
    func messages(kind: String) throws {
        let name = "portlog-notify-\(UUID().uuidString)"
        let address = kind == "@" ? "@" + name : FileManager.default.temporaryDirectory.path + "/" + name
        let receiver = try #require(Receiver(address))
        let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"])
        #expect(notifier.watchdogInterval == .seconds(30))
        notifier.ready(status: "one\ntwo")
        #expect(receiver.next() == "READY=1\nSTATUS=one two")
        notifier.alive()
        #expect(receiver.next() == "WATCHDOG=1")
        notifier.stopping()
        #expect(receiver.next() == "STOPPING=1")
    }

    @Test("without systemd nothing is said, and another process's watchdog is none")
    func silent() {
        let notifier = SystemdNotifier(environment: ["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"])
        #expect(notifier.watchdogInterval == nil)
        notifier.ready(status: "nobody hears this")
    }
}

/// A datagram socket as systemd opens it.
private final class Receiver {
    private let descriptor: Int32
    private let path: String?

    init?(_ address: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        path = address.hasPrefix("/") ? address : nil
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(address.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if descriptor < 0 || bound != 0 { return nil }
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
