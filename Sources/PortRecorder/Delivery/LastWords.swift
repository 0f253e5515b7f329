import Glibc

/// What a program has said last on its standard error. It is read whenever there is something, so that the program is never kept
/// waiting, and only the end of it is kept.
struct LastWords {
    /// The pipe's end, while something may come out of it; -1, which poll(2) passes over, afterwards.
    private(set) var descriptor: Int32
    private var bytes: [UInt8] = []

    /// So many bytes are kept.
    static let most = 1024
    /// The most that a pipe holds, unless its size was set.
    private static let pipe = 1 << 16

    /// Of a pipe, which is closed with ``close()``.
    init(from descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// Takes what is there, without waiting. Who never stops talking is not listened to for ever.
    mutating func take() {
        var piece = [UInt8](repeating: 0, count: Self.pipe)
        let count = read(descriptor, &piece, piece.count)
        if count > 0 {
            bytes = Array((bytes + piece[..<count]).suffix(Self.most))
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close()
        }
    }

    /// Ends the reading.
    mutating func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// The last line with something on it; `nil` where nothing was said.
    var line: String? {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }
}
