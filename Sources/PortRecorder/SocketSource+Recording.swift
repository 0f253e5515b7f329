import Logging
import PortModel
import ProcFS
import SockDiag

extension SocketSource {
    /// Makes sure that what is asked for can be had.
    ///
    /// - Parameter procRoot: the directory that stands for /proc. sock_diag tells of the running kernel alone.
    /// - Throws: Why not. Only ``sockDiag`` asks for what cannot be had.
    public func check(procRoot: String) throws(SocketSourceError) {
        if self == .sockDiag { try Self.checkSockDiag(procRoot: procRoot) }
    }

    private static func checkSockDiag(procRoot: String) throws(SocketSourceError) {
        guard procRoot == "/proc" else {
            throw SocketSourceError(reason: "it tells of the running kernel, and \(procRoot) is not its /proc")
        }
        do {
            try SockDiag().checkBoundSockets()
        } catch {
            throw SocketSourceError(reason: "\(error)")
        }
    }

    /// What to ask besides /proc. ``auto`` says in the log where there is nothing.
    func boundSockets(_ proc: ProcFS, _ logger: Logger) -> BoundSockets? {
        if self == .proc { return nil }
        if self == .auto {
            do {
                try Self.checkSockDiag(procRoot: proc.root)
            } catch {
                Self.logUnavailable(error.reason, logger)
                return nil
            }
        }
        return .asking(proc)
    }

    static func logUnavailable(_ reason: String, _ logger: Logger) {
        logger.notice(
            "sock_diag is not asked: TCP sockets that are bound and do not listen are not recorded",
            metadata: ["reason": "\(reason)"])
    }
}

/// sock_diag was asked for, and cannot be had.
public struct SocketSourceError: Error, Hashable, Sendable {
    /// Why: `the kernel has no module tcp_diag (or no inet_diag)`.
    public let reason: String
}
