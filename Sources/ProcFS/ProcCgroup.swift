import PortModel

/// /proc/\<pid>/cgroup: the systemd unit and the container that a process belongs to (cgroups(7)).
///
/// A line is `hierarchy:controllers:path`: one for each hierarchy of version 1, `0::path` for version 2, both on a hybrid
/// host. systemd keeps its units in `name=systemd` or in version 2, so these are asked first; container managers without
/// systemd may appear in the others only. Inside a container with a cgroup namespace of its own the path says nothing.
public struct ProcCgroup: Hashable, Sendable {
    /// The unit that runs the process: a service, scope or socket …, not a slice. As systemd names it, escapes such as `\x2d`
    /// included. Of a user's manager: that, a slash, and the user's unit, `user@1000.service/dev.service`. In a container that
    /// has units it is the container's.
    public var unit: String?
    /// The innermost container: the full id for docker, podman, containerd and CRI-O, the name for LXC and nspawn.
    public var container: String?

    /// Reads the text of the file; lines of another form say nothing.
    public init(parsing bytes: [UInt8]) {
        var paths: [(rank: Int, path: [Substring])] = []
        for line in ProcText.lines(bytes[...]) {
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, let first = fields[2].first, first == UInt8(ascii: "/") else { continue }
            let controllers = ProcText.decode(fields[1])
            let rank = controllers == "name=systemd" ? 0 : controllers.isEmpty ? 1 : 2
            var path = ProcText.decode(fields[2])
            // Of a cgroup that was removed while the process was ending.
            if path.hasSuffix(" (deleted)") { path.removeLast(10) }
            paths.append((rank, path.split(separator: "/")))
        }
        paths.sort { $0.rank < $1.rank }
        unit = paths.lazy.compactMap { Self.unit($0.path) }.first
        container = paths.lazy.compactMap { Self.containers($0.path).last?.name }.first
    }

    // MARK: Units

    private static let unitTypes = ["service", "scope", "socket", "mount", "swap"]

    /// The unit within the innermost container that has any. What stands before a container's end is outside of it.
    private static func unit(_ path: [Substring]) -> String? {
        var rest = path[...]
        for end in containers(path).map(\.index).reversed() {
            if let found = outermostUnit(rest[(end + 1)...]) { return found }
            rest = rest[...end]
        }
        return outermostUnit(rest)
    }

    /// The first unit in a path, as systemd's own cg_path_get_unit() has it: what stands below it was made by its processes, who may
    /// give it any name. Below the manager of a user the user's unit is told with it.
    private static func outermostUnit(_ path: ArraySlice<Substring>) -> String? {
        let units = path.lazy.compactMap(unitName)
        guard let first = units.first else { return nil }
        guard ServiceUnit.user(ofManager: first) != nil, let own = units.dropFirst().first else { return first }
        return "\(first)/\(own)"
    }

    /// The unit that a part of a path is named after.
    private static func unitName(_ part: Substring) -> String? {
        // systemd puts an underscore before names that a cgroup attribute could have: "_cpu.service" is cpu.service.
        let name = part.first == "_" ? part.dropFirst() : part
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex, name.utf8.count <= 255,
            unitTypes.contains(String(name[name.index(after: dot)...])), name.utf8.allSatisfy(isOfUnitName)
        else { return nil }
        return String(name)
    }

    /// The characters of a unit's name, systemd.unit(5).
    private static func isOfUnitName(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || #":-_.\@"#.utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    // MARK: Containers

    /// The containers in a path, the innermost last, and at which part each stands.
    private static func containers(_ path: [Substring]) -> [(index: Int, name: String)] {
        path.indices.compactMap { index in
            let next = index + 1 < path.count ? path[index + 1] : nil
            return (identified(path[index]) ?? named(path[index], next)).map { (index, $0) }
        }
    }

    /// Containers known by an id of 64 hexadecimal digits, whatever manages them: the part is the id (docker, kubelet and
    /// podman with cgroupfs: `/docker/<id>`, `/kubepods/burstable/pod<uid>/<id>`, `/libpod_parent/libpod-<id>`), ends with it
    /// (`docker-<id>.scope`, `libpod-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`), or it follows a colon
    /// (`kubepods-besteffort-pod<uid>.slice:cri-containerd:<id>`). conmon watches a container and is not in it.
    private static func identified(_ part: Substring) -> String? {
        let name = part.hasSuffix(".scope") ? part.dropLast(6) : part
        let id = name.suffix(64)
        guard id.utf8.count == 64, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else {
            return nil
        }
        let prefix = name.dropLast(64)
        guard prefix.isEmpty || prefix.hasSuffix("-") || prefix.hasSuffix(":"), !prefix.hasSuffix("conmon-") else {
            return nil
        }
        return String(id)
    }

    /// Containers known by a name: `/lxc/<name>`, `/lxc.payload.<name>`, `/lxc.payload/<name>` (LXC, LXD, Incus, Proxmox), and
    /// those of systemd-machined: `machine-<name>.scope`, `systemd-nspawn@<name>.service/payload`.
    private static func named(_ part: Substring, _ next: Substring?) -> String? {
        if part.hasPrefix("lxc.payload.") { return nonEmpty(part.dropFirst(12)) }
        if part == "lxc" || part == "lxc.payload" {
            // lxcfs and the monitors have groups of their own beside the containers'.
            return next.flatMap { $0.contains(".") && unitName($0) != nil ? nil : nonEmpty($0) }
        }
        if part.hasPrefix("machine-"), part.hasSuffix(".scope"), next != "supervisor" {
            let name = unescape(part.dropFirst(8).dropLast(6))
            // A virtual machine of libvirt has a kernel and sockets of its own: the process is the emulator.
            return name.hasPrefix("qemu-") ? nil : nonEmpty(name[...])
        }
        if part.hasPrefix("systemd-nspawn@"), part.hasSuffix(".service"), next == "payload" {
            return nonEmpty(unescape(part.dropFirst(15).dropLast(8))[...])
        }
        return nil
    }

    private static func nonEmpty(_ name: Substring) -> String? { name.isEmpty ? nil : String(name) }

    /// Undoes systemd-escape(1) of a name that is no path: `\x2d` is `-`; a lone `-` would be a slash, which no machine has.
    static func unescape(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let code = Substring(rest.dropFirst().prefix(2))
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), code.utf8.count == 2,
                code.utf8.allSatisfy(isAlphanumeric), let value = UInt8(code, radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return ProcText.decode(bytes)
    }
}
