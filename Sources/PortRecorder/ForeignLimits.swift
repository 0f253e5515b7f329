import PortModel
import ProcFS

/// Reads the sysctls of another network namespace: /proc/sys/net shows those of the thread that reads.
struct ForeignLimits: Sendable {
    /// What to read for the namespace of a process; `nil`: may not be read.
    var read: @Sendable (_ pid: Int32, _ namespace: UInt64) -> PortLimits?

    /// Enters namespaces (``NamespaceThread``); nothing where `proc` is not the running kernel's.
    static func entering(_ proc: ProcFS) -> ForeignLimits {
        ForeignLimits { pid, namespace in
            NamespaceThread.run(in: pid, namespace, proc) {
                let (limits, failures) = proc.limits()
                return failures.isEmpty ? limits : nil
            }
        }
    }

    /// Never any: what a namespace has is assumed.
    static let none = ForeignLimits { _, _ in nil }
}
