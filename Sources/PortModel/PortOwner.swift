/// A process that holds a socket, as it was when it was seen.
public struct PortOwner: Hashable, Sendable {
    /// The process number in the recorder's PID namespace.
    public var pid: Int32
    /// When the process started: ticks (USER_HZ, 10 ms) since boot, field 22 of /proc/<pid>/stat. With the boot and the pid it
    /// names a process for good.
    public var startTicks: UInt64
    /// The same moment on the wall clock, as computed when the process was first seen.
    public var startedAt: Timestamp
    /// The command, at most 15 bytes, chosen by the process: field 2 of /proc/<pid>/stat. Untrusted.
    public var command: String
    /// The path of the executable, /proc/<pid>/exe; `nil` where it may not be read and for kernel threads. Untrusted.
    public var executable: String?
    /// The effective user.
    public var uid: UInt32
    /// The systemd unit, from /proc/<pid>/cgroup; `nil` when there is none.
    public var unit: String?
    /// The container, from /proc/<pid>/cgroup; `nil` when there is none.
    public var container: String?

    /// A process of its properties.
    public init(
        pid: Int32, startTicks: UInt64, startedAt: Timestamp, command: String, executable: String? = nil,
        uid: UInt32 = 0,
        unit: String? = nil, container: String? = nil
    ) {
        self.pid = pid
        self.startTicks = startTicks
        self.startedAt = startedAt
        self.command = command
        self.executable = executable
        self.uid = uid
        self.unit = unit
        self.container = container
    }

    /// What tells one program from another: the executable, or the command where no path is known.
    public var program: String { executable ?? command }

    /// A container as its managers name it: of an id of 64 hexadecimal digits the first twelve.
    public static func shortContainer(_ container: String) -> String {
        let isID =
            container.utf8.count == 64
            && container.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isID ? String(container.prefix(12)) : container
    }
}
