import PortModel

/// The kernel's files below /proc, or below any directory that is laid out like it.
///
/// The value holds nothing but the root, so it is free to copy and to use from any thread. Every file of interest has a
/// source file of its own with a parser (bytes to values, no I/O) and an extension of this type that reads it.
///
/// Which processes, descriptors and limits are seen is decided by the namespaces and capabilities of the calling thread.
public struct ProcFS: Sendable {
    /// The directory that stands for /proc, without a slash at its end.
    public let root: String

    /// The files below `root`.
    public init(root: String = "/proc") {
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
    }

    /// The path of a file below the root, as it is named in logs: `path("net/tcp")` is `/proc/net/tcp`.
    public func path(_ relative: String) -> String { root + "/" + relative }
}
