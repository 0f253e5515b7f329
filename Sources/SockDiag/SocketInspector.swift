import CLinux
import Glibc

/// Asks a socket of another process for its options: SO_REUSEADDR and the like, which neither /proc nor sock_diag shows.
///
/// pidfd_getfd(2) duplicates the descriptor, which takes CAP_SYS_PTRACE; getsockopt(2) is asked, and the duplicate closed. Nothing of
/// the socket is changed. Until then it stays open, should its process close it in that very moment: some microseconds.
public struct SocketInspector: Sendable {
    /// There is nothing to hold.
    public init() {}

    /// The options of the socket behind a descriptor.
    ///
    /// - Parameters:
    ///   - descriptor: its number in the process.
    ///   - inode: the socket's, as /proc gives it. A descriptor that refers to anything else by now is ``SocketInspectionError/vanished``.
    public func options(
        of descriptor: Int32, in pid: Int32, inode: UInt64
    ) throws(SocketInspectionError) -> SocketOptions {
        let process = pidfd_open(pid, 0)
        guard process >= 0 else { throw SocketInspectionError(errno: errno) }
        defer { _ = close(process) }
        // Closed on exec, always.
        let duplicate = pidfd_getfd(process, descriptor, 0)
        guard duplicate >= 0 else { throw SocketInspectionError(errno: errno) }
        defer { _ = close(duplicate) }
        var status = stat()
        guard fstat(duplicate, &status) == 0 else { throw SocketInspectionError(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFSOCK, UInt64(status.st_ino) == inode else { throw .vanished }

        var options = SocketOptions(
            reuseAddress: try value(of: SO_REUSEADDR, SOL_SOCKET, duplicate) != 0,
            reusePort: try value(of: SO_REUSEPORT, SOL_SOCKET, duplicate) != 0,
            interface: UInt32(bitPattern: try value(of: SO_BINDTOIFINDEX, SOL_SOCKET, duplicate)))
        if try value(of: SO_DOMAIN, SOL_SOCKET, duplicate) == AF_INET6 {
            options.v6Only = try value(of: IPV6_V6ONLY, Int32(IPPROTO_IPV6), duplicate) != 0
        }
        return options
    }

    private func value(of option: Int32, _ level: Int32, _ socket: Int32) throws(SocketInspectionError) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, level, option, &value, &size) == 0 else { throw SocketInspectionError(errno: errno) }
        return value
    }
}

/// Why a socket of another process could not be asked.
public enum SocketInspectionError: Error, Hashable, Sendable {
    /// EPERM or EACCES: CAP_SYS_PTRACE is missing in the user namespace of the process. (A process of the same user will do where
    /// `kernel.yama.ptrace_scope` is 0.)
    case permissionDenied
    /// The process has ended, or the descriptor is closed or something else by now.
    case vanished
    /// ENOSYS: the kernel has no pidfd_getfd(2), which came with Linux 5.6.
    case unsupportedKernel
    /// Any other error number.
    case failed(errno: Int32)

    /// The error that an error number stands for.
    init(errno code: Int32) {
        self =
            switch code {
            case EPERM, EACCES: .permissionDenied
            case ESRCH, EBADF: .vanished
            case ENOSYS: .unsupportedKernel
            default: .failed(errno: code)
            }
    }
}

extension SocketInspectionError: CustomStringConvertible {
    /// For messages: `permission denied; it takes CAP_SYS_PTRACE`.
    public var description: String {
        switch self {
        case .permissionDenied: "permission denied; it takes CAP_SYS_PTRACE"
        case .vanished: "the socket is there no more"
        case .unsupportedKernel: "the kernel has no pidfd_getfd(); Linux 5.6 and newer do"
        case .failed(let code): String(cString: strerror(code))
        }
    }
}
