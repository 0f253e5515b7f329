import CLinux
import Glibc
import ProcFS

/// Does something in another network namespace, where it cannot be done from outside.
///
/// A thread of its own enters the namespace (setns(2), which wants CAP_SYS_ADMIN), does it, and ends there: whatever happens, no
/// other thread is ever in the wrong namespace.
enum NamespaceThread {
    /// Enters the namespace of a process.
    ///
    /// - Parameter namespace: its inode, since the process may have ended and its number be another's.
    /// - Returns: `nil` where the namespace may not be entered or is another one, where `proc` is not the running kernel's, and where
    ///   `body` gives it.
    static func run<T>(in pid: Int32, _ namespace: UInt64, _ proc: ProcFS, _ body: @escaping () -> T?) -> T? {
        run(at: proc.path("\(pid)/ns/net"), namespace, proc, body)
    }

    /// Enters the namespace that a file stands for.
    static func run<T>(at path: String, _ namespace: UInt64, _ proc: ProcFS, _ body: @escaping () -> T?) -> T? {
        guard proc.root == "/proc" else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, UInt64(status.st_ino) == namespace else { return nil }
        var result: T?
        inThread {
            guard setns(descriptor, Int32(portlog_clone_newnet)) == 0 else { return }
            result = body()
        }
        return result
    }

    private final class Work {
        let body: () -> Void

        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs in a new thread, and waits for its end.
    private static func inThread(_ body: @escaping () -> Void) {
        let work = Work(body)
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard started == 0 else { return }
        pthread_join(thread, nil)
        withExtendedLifetime(work) {}
    }
}
