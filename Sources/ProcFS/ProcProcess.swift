import Glibc
import PortModel

/// One process: its directory /proc/\<pid>, held open.
///
/// The open directory stands for the process, not for its number: when the process has ended every question fails with
/// ``ProcError/vanished``, also after another process was given the number. What is read through one value therefore belongs
/// together.
public struct ProcProcess: ~Copyable {
    /// The number it was opened by.
    public let pid: Int32
    private let directory: ProcFile

    init(pid: Int32, path: String) throws(ProcError) {
        self.pid = pid
        directory = try ProcFile(path, flags: O_DIRECTORY)
    }

    /// Reads /proc/\<pid>/stat.
    public func stat() throws(ProcError) -> ProcessStat { try ProcessStat(parsing: bytes("stat")) }

    /// Reads /proc/\<pid>/status.
    public func status() throws(ProcError) -> ProcessStatus { try ProcessStatus(parsing: bytes("status")) }

    /// Reads /proc/\<pid>/cgroup.
    public func cgroup() throws(ProcError) -> ProcCgroup { ProcCgroup(parsing: try bytes("cgroup")) }

    /// The path of the executable as /proc/\<pid>/exe gives it, at most 4096 bytes; with ` (deleted)` behind it when the file
    /// has been replaced or removed. Nil for kernel threads and zombies, which have none. Untrusted.
    public func executable() throws(ProcError) -> String? {
        var error: ProcError?
        let text: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlinkat(directory.descriptor, "exe", start, buffer.count)
            if count < 0 {
                if errno != ENOENT { error = ProcError(errno: errno) }
                return nil
            }
            return ProcText.decode(UnsafeRawBufferPointer(start: start, count: count))
        }
        if let error { throw error }
        return text
    }

    /// Opens the directory of its descriptors.
    public func descriptors() throws(ProcError) -> ProcDescriptors {
        try ProcDescriptors(path: "fd", in: directory.descriptor)
    }

    /// Who the process is, as an owner of sockets. What may not be read of it is left empty; only a process that has ended,
    /// or that hides everything, is an error.
    ///
    /// - Parameter bootTime: The moment of the boot, from ``ProcFS/bootTime()``.
    public func owner(bootTime: Timestamp) throws(ProcError) -> PortOwner {
        let stat = try stat()
        let status = try status()
        var owner = PortOwner(
            pid: pid, startTicks: stat.startTicks,
            startedAt: bootTime + Int64(clamping: stat.startTicks.multipliedReportingOverflow(by: 10).partialValue),
            command: stat.command, uid: status.effectiveUID)
        owner.executable = try readable { () throws(ProcError) in try executable() }
        let cgroup = try readable { () throws(ProcError) in try self.cgroup() }
        owner.unit = cgroup?.unit
        owner.container = cgroup?.container
        return owner
    }

    private func readable<T>(_ body: () throws(ProcError) -> T?) throws(ProcError) -> T? {
        do {
            return try body()
        } catch .vanished {
            throw .vanished
        } catch {
            return nil
        }
    }

    private func bytes(_ name: String) throws(ProcError) -> [UInt8] {
        try ProcFile(name, in: directory.descriptor).bytes()
    }
}

extension ProcFS {
    /// Opens the directory of a process.
    public func process(_ pid: Int32) throws(ProcError) -> ProcProcess {
        try ProcProcess(pid: pid, path: path("\(pid)"))
    }

    /// The processes that the caller can see, in the kernel's order: ascending. Fails only when the root cannot be listed.
    public func pids(into pids: inout [Int32]) throws(ProcError) {
        pids.removeAll(keepingCapacity: true)
        let directory = try ProcDirectory(root)
        try directory.forEach { name in
            if let pid = ProcDirectory.number(name) { pids.append(pid) }
            return true
        }
    }

    /// The same in a new array.
    public func pids() throws(ProcError) -> [Int32] {
        var pids: [Int32] = []
        try self.pids(into: &pids)
        return pids
    }

    /// Whether processes of other users are kept from the caller, `hidepid=1` or `2`: the first process of every PID
    /// namespace is always there.
    public func hidesProcesses() -> Bool {
        do {
            _ = try process(1)
            return false
        } catch {
            return error == .vanished || error == .permissionDenied
        }
    }
}
