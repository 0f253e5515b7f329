/// /proc/sys/kernel: one line of text a file.
extension ProcFS {
    /// The identity of this boot, a UUID of 36 bytes: /proc/sys/kernel/random/boot_id.
    public func bootID() throws(ProcError) -> String {
        let id = try kernelText("random/boot_id")
        guard id.utf8.count == 36 else { throw .malformed(field: "boot_id") }
        return id
    }

    /// The name of the host, in the UTS namespace of the calling thread: /proc/sys/kernel/hostname.
    public func hostname() throws(ProcError) -> String { try kernelText("hostname") }

    /// The release of the kernel, such as `6.1.0-18-amd64`: /proc/sys/kernel/osrelease.
    public func kernelRelease() throws(ProcError) -> String { try kernelText("osrelease") }

    private func kernelText(_ name: String) throws(ProcError) -> String {
        let text = ProcText.decode(ProcText.trim(try ProcFile(path("sys/kernel/\(name)")).bytes()[...]))
        guard !text.isEmpty else { throw .malformed(field: name) }
        return text
    }
}
