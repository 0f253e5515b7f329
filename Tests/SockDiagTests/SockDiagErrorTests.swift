import Glibc
import Testing

@testable import SockDiag

/// What the error numbers of the kernel come to.
@Suite struct SockDiagErrorTests {
    @Test func `A socket that cannot be opened says whether the kernel or a sandbox forbids it`() {
        #expect(SockDiagError(socketErrno: EPROTONOSUPPORT) == .unsupported)
        #expect(SockDiagError(socketErrno: EAFNOSUPPORT) == .unsupported)
        #expect(SockDiagError(socketErrno: EPERM) == .permissionDenied)
        #expect(SockDiagError(socketErrno: ENOBUFS) == .failed(errno: ENOBUFS))
        #expect(SockDiagError.moduleMissing("tcp_diag").description.contains("tcp_diag"))
        #expect(SockDiagError.kernelTooOld(release: "6.1.0").description.contains("6.1.0"))
    }

    @Test func `A socket that cannot be inspected says what it takes`() {
        #expect(SocketInspectionError(errno: EPERM) == .permissionDenied)
        #expect(SocketInspectionError(errno: ESRCH) == .vanished)
        #expect(SocketInspectionError(errno: EBADF) == .vanished)
        #expect(SocketInspectionError(errno: ENOSYS) == .unsupportedKernel)
        #expect(SocketInspectionError(errno: EMFILE) == .failed(errno: EMFILE))
        #expect(SocketInspectionError.permissionDenied.description.contains("CAP_SYS_PTRACE"))
    }
}
