import Glibc

/// Reads lines from a descriptor, which it owns, and waits for them no longer than it is told to.
final class LineReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// True when the other end has been closed; lines may be left.
    private(set) var ended = false

    /// A reader of a descriptor.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// The next line without its end; `nil` at the end of the input or after `milliseconds` (`nil`: never).
    func next(milliseconds: Int? = nil) -> String? {
        let deadline = milliseconds.map { Clock.now + $0 }
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            if ended { return nil }
            let left = deadline.map { max(0, $0 - Clock.now) }
            if !fill(milliseconds: left) && left == 0 { return nil }
        }
    }

    /// All that is left to read, without waiting.
    func rest() -> String {
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Reads what comes within `milliseconds`; false when nothing did.
    @discardableResult
    func fill(milliseconds: Int?) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard !ended, poll(&entry, 1, Int32(milliseconds ?? -1)) > 0 else { return false }
        let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { bytes in
            let count = read(descriptor, bytes.baseAddress, bytes.count)
            if count > 0 { buffer.append(contentsOf: bytes[..<count]) }
            return count
        }
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { ended = true }
        return count > 0
    }
}
