import Glibc

/// Unbuffered: whoever started the process waits for the line.
enum StandardOutput {
    /// Writes a line at once.
    static func writeLine(_ text: String) {
        var line = text + "\n"
        line.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = write(1, bytes.baseAddress.map { $0 + written }, bytes.count - written)
                guard count > 0 || errno == EINTR else { return }
                written += max(0, count)
            }
        }
    }
}
