import Glibc

/// An entry of systemd's journal with fields of its own, in the native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
struct JournalEntry {
    /// The fields, in order. Names are capital letters, digits and underscores.
    var fields: [(name: String, value: String)]

    /// As journald reads it: `NAME=value`, or the name, a length of 64 bits and the value where that has several lines.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += Array(name.utf8)
            if value.utf8.contains(10) {
                bytes.append(10)
                withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes += Array($0) }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += Array(value.utf8)
            bytes.append(10)
        }
        return bytes
    }

    /// Sends it, without waiting; false when the journal does not take it.
    func send(to path: String) -> Bool {
        UnixSocket.withAddress(path) { address, length in
            let descriptor = socket(
                AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            let bytes = bytes
            return sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length) == bytes.count
        } ?? false
    }
}

/// Addresses of AF_UNIX.
enum UnixSocket {
    /// Lends the address of a path; `nil` when that is too long.
    static func withAddress<T>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T? {
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        let path = Array(path.utf8)
        guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + 1)
        return withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Writes to a stream socket and closes it, within two seconds.
    ///
    /// - Returns: Why it did not work; `nil` when it did.
    static func write(_ bytes: [UInt8], to path: String) -> String? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let connected = withAddress(path, { connect(descriptor, $0, $1) }) else { return "its path is too long" }
        guard connected == 0 else { return String(cString: strerror(errno)) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return String(cString: strerror(errno)) }
            rest = rest.dropFirst(count)
        }
        shutdown(descriptor, Int32(SHUT_WR))
        return refusal(descriptor)
    }

    /// For how long a refusal is waited for, in milliseconds.
    private static let patience: Int32 = 250

    /// Why what was sent has not been taken; `nil` where it was, or may be yet. Who has too much to do, as systemd beyond
    /// MaxConnections, accepts a connection and closes it without having read what was sent.
    private static func refusal(_ descriptor: Int32) -> String? {
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, patience) > 0 else { return nil }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0 && errno != EAGAIN
            ? String(cString: strerror(errno)) : nil
    }
}
