import Glibc
import PortModel

/// Why sock_diag does not tell of sockets.
public enum SockDiagError: Error, Hashable, Sendable {
    /// EPROTONOSUPPORT or EAFNOSUPPORT of socket(2): this kernel has no NETLINK_SOCK_DIAG, or a sandbox lets no AF_NETLINK
    /// through (`RestrictAddressFamilies=`).
    case unsupported
    /// ENOENT: nothing answers for a protocol. Its module is not loaded and cannot be: `tcp_diag` or `udp_diag`, or
    /// `inet_diag`, on which both stand.
    case moduleMissing(String)
    /// The kernel does not tell of sockets that are bound and no more: it does so since Linux 6.8.
    case kernelTooOld(release: String)
    /// EACCES or EPERM. The kernel lets everybody ask: a sandbox denies it.
    case permissionDenied
    /// A message does not have the form that the kernel gives it; `field` is what could not be read.
    case malformed(field: String)
    /// Any other error number of socket(2), send(2), recv(2), or of the kernel's answer. EAGAIN: there was none for seconds.
    case failed(errno: Int32)

    /// The error that an error number of a system call stands for.
    init(socketErrno code: Int32) {
        self =
            switch code {
            case EPROTONOSUPPORT, EAFNOSUPPORT: .unsupported
            case EACCES, EPERM: .permissionDenied
            default: .failed(errno: code)
            }
    }

    /// The error that an answer's error number stands for.
    init(answerErrno code: Int32, _ transport: TransportProtocol) {
        self =
            switch code {
            case ENOENT: .moduleMissing(transport == .tcp ? "tcp_diag" : "udp_diag")
            case EACCES, EPERM: .permissionDenied
            default: .failed(errno: code)
            }
    }
}

extension SockDiagError: CustomStringConvertible {
    /// For logs: `the kernel has no module tcp_diag (or no inet_diag)`.
    public var description: String {
        switch self {
        case .unsupported: "the kernel has no NETLINK_SOCK_DIAG, or a sandbox forbids AF_NETLINK"
        case .moduleMissing(let module): "the kernel has no module \(module) (or no inet_diag)"
        case .kernelTooOld(let release): "Linux \(release) does not tell of bound sockets; 6.8 and newer do"
        case .permissionDenied: "permission denied"
        case .malformed(let field): "malformed (\(field))"
        case .failed(let code): String(cString: strerror(code))
        }
    }
}
