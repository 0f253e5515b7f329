import Foundation

/// Writing the output failed.
struct OutputError: Error, Equatable, Sendable {
    /// The error number of write(2).
    var code: Int32

    /// Whether the reader went away: `portlog sockets | head` is no failure.
    var isClosedPipe: Bool { code == EPIPE }
}

extension OutputError: PortlogErrorConvertible {
    var portlogError: PortlogError {
        PortlogError(
            .ioError, "cannot write the output", why: String(cString: strerror(code)),
            whatToDo: code == ENOSPC ? "Make room and ask again." : "Check where the output goes.")
    }
}
