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
    /// The systemd unit, from /proc/<pid>/cgroup: `nginx.service`, `user@1000.service/dev.service` of a user's manager; `nil` when
    /// there is none. In a container it is the container's.
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

    /// The unit, and the container before it where there is one: `nginx.service`, `web1/nginx.service`,
    /// `4c01db0b339c`; `nil` when neither is known.
    ///
    /// The id of a container is shown as its managers do, by twelve digits, and its scope, which only repeats the id, not
    /// at all.
    public var place: String? {
        guard let container else { return unit }
        let name = Self.shortContainer(container)
        guard let unit, !Self.repeats(unit, container) else { return name }
        return "\(name)/\(unit)"
    }

    /// Whether a unit is named after a container: `docker-4c01….scope`, `systemd-nspawn@web1.service`.
    private static func repeats(_ unit: String, _ container: String) -> Bool {
        let name = unit.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(unit[..<$0]) } ?? unit
        return name.hasSuffix(container)
    }

    /// A container as its managers name it: of an id of 64 hexadecimal digits the first twelve.
    public static func shortContainer(_ container: String) -> String {
        let isID =
            container.utf8.count == 64
            && container.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        return isID ? String(container.prefix(12)) : container
    }
}
