import PortHistory
import PortModel

/// The lines that say what to do. What stands in a command is either a number or a name that a shell takes as it is.
struct Remedies {
    let scene: ConflictScene

    /// How to keep the kernel from choosing the port: the list in force, with this port and those of the namespace's other
    /// listeners in the range, so that following the advice for one listener never undoes that for another.
    func reserve(_ port: PortKey) -> [String] {
        let limits = scene.newestLimits(of: port.namespace)
        guard limits.mayChoose(port.port) else { return [] }
        var ports = limits.reserved
        ports.insert(port.port)
        for (key, lives) in scene.listeners where key.namespace == port.namespace && limits.mayChoose(key.local.port) {
            if lives.contains(where: { $0.samples.contains(scene.period.upperBound) }) { ports.insert(key.local.port) }
        }
        let setting = "net.ipv4.ip_local_reserved_ports=\(ports.list)"
        return [
            place(port.namespace) + "sysctl -w \(setting)",
            "To keep that over a reboot, put the line \(setting) into /etc/sysctl.d/60-reserved-ports.conf",
        ]
    }

    /// The other way: a port that the kernel never chooses.
    func move(_ port: PortKey) -> [String] {
        let range = scene.newestLimits(of: port.namespace).range
        guard range.contains(port.port) else { return [] }
        return ["Or give the listener a port outside \(range.first)-\(range.last)"]
    }

    /// How to start anew what had the sockets; nothing where no systemd unit is known.
    func restart(_ lives: [SocketLife]) -> [String] {
        units(of: lives).map { $0.systemctl("restart") }
    }

    /// How to end what still has the sockets at the end of the period: its unit, or else its process. Of a period that ended
    /// in the past its name and no command: by now the pid may be another program's.
    private func stop(_ lives: [SocketLife]) -> [String] {
        let present = lives.filter { $0.samples.contains(scene.period.upperBound) }
        guard let owner = scene.identity(of: present).owners.first else { return [] }
        guard scene.isCurrent else { return [ConflictText(scene: scene).program(of: present)] }
        if let unit = ServiceUnit(owner) { return [unit.systemctl("stop")] }
        return owner.pid > 1 ? ["kill \(owner.pid)"] : []
    }

    /// How to end one of several programs, where there is something to end.
    func stopOne(of lives: [SocketLife]) -> [String] {
        var ways: [String] = []
        for way in lives.flatMap({ stop([$0]) }) where !ways.contains(way) { ways.append(way) }
        if ways.isEmpty { return [] }
        let condition = scene.isCurrent ? "" : ", if it still runs"
        return ["Stop the one that does not belong there\(condition): \(ways.joined(separator: ", or "))"]
    }

    /// Where to read why it stopped; nothing where no systemd unit is known.
    func logs(of lives: [SocketLife]) -> [String] {
        units(of: lives).map(\.journalctl)
    }

    /// How to end a connection without ending its program.
    func close(_ life: SocketLife) -> String {
        let remote = life.newest.remote
        let family = remote.address.isIPv4 ? remote.address.description : "[\(remote.address)]"
        return place(life.newest.namespace)
            + "ss -K dst \(family) dport = \(remote.port) sport = \(life.newest.local.port)"
    }

    private func units(of lives: [SocketLife]) -> [ServiceUnit] {
        ServiceUnit.all(of: lives.lazy.flatMap { scene.identity(of: $0).owners })
    }

    private func place(_ namespace: Int) -> String {
        guard let name = scene.namespaces[namespace], name != Snapshot.hostNamespace else { return "" }
        return "In the network namespace \(TextEscape.escaped(name)): "
    }
}
