import CLinux
import Glibc
import PortModel
import ProcFS

/// Reads the sysctls of another network namespace.
///
/// /proc/sys/net shows those of the thread that reads. So a thread of its own enters the namespace (setns(2), which wants
/// CAP_SYS_ADMIN), reads, and ends there: whatever happens, no other thread is ever in the wrong namespace.
struct ForeignLimits: Sendable {
    /// What to read for the namespace of a process; `nil`: may not be read.
    var read: @Sendable (_ pid: Int32, _ namespace: UInt64) -> PortLimits?

    /// Enters namespaces; nothing where `proc` is not the running kernel's.
    static func entering(_ proc: ProcFS) -> ForeignLimits {
        ForeignLimits { pid, namespace in
            guard proc.root == "/proc" else { return nil }
            let descriptor = open(proc.path("\(pid)/ns/net"), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            // The process may have ended, and its number be another's.
            var status = stat()
            guard fstat(descriptor, &status) == 0, UInt64(status.st_ino) == namespace else { return nil }
            return inThread {
                guard setns(descriptor, Int32(portlog_clone_newnet)) == 0 else { return nil }
                let (limits, failures) = proc.limits()
                return failures.isEmpty ? limits : nil
            }
        }
    }

    /// Never any: what a namespace has is assumed.
    static let none = ForeignLimits { _, _ in nil }

    private final class Work {
        let body: () -> PortLimits?
        var result: PortLimits?

        init(_ body: @escaping () -> PortLimits?) { self.body = body }
    }

    /// Runs in a new thread, which ends with it.
    private static func inThread(_ body: @escaping () -> PortLimits?) -> PortLimits? {
        let work = Work(body)
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
                work.result = work.body()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard started == 0 else { return nil }
        pthread_join(thread, nil)
        return work.result
    }
}
