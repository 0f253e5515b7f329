import Glibc

/// Why something below /proc could not be told. Each is a normal event while a host runs.
public enum ProcError: Error, Hashable, Sendable {
    /// ENOENT or ESRCH: the process has ended, or this kernel (or this configuration of it) has no such file. A foreign
    /// process under `hidepid=2` cannot be told from one that has ended.
    case vanished
    /// EACCES or EPERM: a process of another user without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, or `hidepid=1`.
    case permissionDenied
    /// The file does not have the form that the kernel gives it; `field` is what could not be read.
    case malformed(field: String)
    /// Any other error number of open(2), read(2), readdir(3) or readlink(2).
    case failed(errno: Int32)

    /// The error that an error number stands for.
    public init(errno code: Int32) {
        self =
            switch code {
            case ENOENT, ESRCH: .vanished
            case EACCES, EPERM: .permissionDenied
            default: .failed(errno: code)
            }
    }
}

extension ProcError: CustomStringConvertible {
    /// For logs: `permission denied`, `malformed (starttime)`, `Input/output error`.
    public var description: String {
        switch self {
        case .vanished: "no such file or process"
        case .permissionDenied: "permission denied"
        case .malformed(let field): "malformed (\(field))"
        case .failed(let code): String(cString: strerror(code))
        }
    }
}

/// A file below /proc that could not be read, or not to its end, and why.
public struct ProcFailure: Hashable, Sendable {
    /// The path of the file.
    public var file: String
    /// What happened.
    public var error: ProcError

    /// A failure of a file.
    public init(file: String, error: ProcError) {
        self.file = file
        self.error = error
    }
}

extension ProcFailure: CustomStringConvertible {
    /// `/proc/net/tcp: permission denied`.
    public var description: String { "\(file): \(error)" }
}
