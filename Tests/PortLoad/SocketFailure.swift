import Glibc

/// A system call that failed, and why.
struct SocketFailure: Error, Equatable {
    /// The system call.
    let call: String
    /// The value of errno.
    let code: Int32

    /// A failure with the errno of the moment.
    init(_ call: String, _ code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    /// The name of the error, `EADDRINUSE`; its number where it has none here.
    var errnoName: String { Self.names[code] ?? "E\(code)" }

    /// What went wrong, for a person.
    var message: String { "\(call): \(errnoName): \(String(cString: strerror(code)))" }

    private static let names: [Int32: String] = [
        EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", EAFNOSUPPORT: "EAFNOSUPPORT",
        EAGAIN: "EAGAIN", EBADF: "EBADF", ECONNREFUSED: "ECONNREFUSED", ECONNRESET: "ECONNRESET",
        EHOSTUNREACH: "EHOSTUNREACH", EINPROGRESS: "EINPROGRESS", EINVAL: "EINVAL", EMFILE: "EMFILE", ENFILE: "ENFILE",
        ENETUNREACH: "ENETUNREACH", ENOENT: "ENOENT", ENOTCONN: "ENOTCONN", EPERM: "EPERM", ETIMEDOUT: "ETIMEDOUT",
    ]
}
