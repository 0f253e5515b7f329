import PortModel

/// What helps a bind().
struct BindRemedies {
    private let scene: PortScene
    private let request: BindRequest
    private let entries: [PortScene.Entry]
    private let verdict: BindVerdict

    /// Remedies for a verdict about sockets of a scene.
    init(_ scene: PortScene, _ request: BindRequest, _ entries: [PortScene.Entry], _ verdict: BindVerdict) {
        self.scene = scene
        self.request = request
        self.entries = entries
        self.verdict = verdict
    }

    /// One line a remedy, the most useful first.
    var lines: [String] {
        switch verdict.outcome {
        case .fails(.accessDenied): return privileges
        case .fails(.addressNotAvailable): return addresses
        case .fails(.invalid): return interfaces
        case .succeeds: return reserve
        case .fails(.addressInUse), .depends: break
        }
        let blockers = verdict.blockers.map { entries[$0.index] }
        var lines = wait(blockers) + stop(blockers) + options(blockers) + other(blockers)
        if verdict.outcome == .depends { lines = look + lines }
        if let first = lines.first, first.hasPrefix("Or ") {
            lines[0] = first.dropFirst(3).prefix(1).uppercased() + first.dropFirst(4)
        }
        return lines + reserve
    }

    private var privileges: [String] {
        [
            "Give the program CAP_NET_BIND_SERVICE: in its unit AmbientCapabilities=CAP_NET_BIND_SERVICE, or setcap cap_net_bind_service=+ep on its file",
            place + "Or let everybody bind it: sysctl -w net.ipv4.ip_unprivileged_port_start=\(request.local.port)",
            "Or take a port from \(scene.limits.unprivilegedStart) up",
        ]
    }

    private var addresses: [String] {
        let wildcard = request.family == .ipv4 ? "0.0.0.0" : "[::]"
        return [
            "See which addresses there are: ip address show",
            "Bind \(wildcard):\(request.local.port), which is every address of the host",
            "Or, for an address that comes later (a floating one): IP_FREEBIND in the program, or \(place)sysctl -w \(request.family == .ipv4 ? "net.ipv4.ip_nonlocal_bind" : "net.ipv6.ip_nonlocal_bind")=1",
        ]
    }

    private var interfaces: [String] {
        let local = request.local
        if request.isMappedOnV6Only {
            return [
                "Clear IPV6_V6ONLY in the program"
                    + (scene.limits.bindV6Only ? ": net.ipv6.bindv6only sets it here" : ""),
                "Or bind \(local.text(in: .ipv4)) with an IPv4 socket",
            ]
        }
        if local.address.isIPv6Multicast, request.transport == .tcp { return ["Take an address of the host, or UDP"] }
        return [
            "Give the interface: [\(local.address)%eth0]:\(local.port), which is sin6_scope_id (or SO_BINDTODEVICE) in the program",
            "Bind [::]:\(local.port), which is every address of the host",
        ]
    }

    private var look: [String] {
        guard scene.isPresent else { return [] }
        var lines: [String] = []
        let unknowns = verdict.blockers.reduce(into: Set<BindVerdict.Unknown>()) { $0.formUnion($1.unknowns) }
        let isReadable = verdict.blockers.contains { !$0.isCertain && !entries[$0.index].socket.hasNoDescriptor }
        if isReadable, !unknowns.isDisjoint(with: [.reuseAddress, .reusePort, .v6Only, .interface]) {
            lines.append("To know it: the same with --inspect, as root, asks the sockets themselves")
        }
        if verdict.blockers.contains(where: { !$0.isCertain && entries[$0.index].socket.hasNoDescriptor }) {
            lines.append(
                "A socket without a descriptor (TIME_WAIT, an orphan, the accept queue) tells nobody its options")
        }
        return lines
    }

    private func wait(_ blockers: [PortScene.Entry]) -> [String] {
        let timeWaits = blockers.filter(\.socket.isTimeWait)
        guard scene.isPresent, !timeWaits.isEmpty, timeWaits.count == blockers.count else { return [] }
        return ["Wait \(SocketWords.seconds(timeWaits.map(\.remaining).max() ?? 0)): then the last of them is gone"]
    }

    private func stop(_ blockers: [PortScene.Entry]) -> [String] {
        guard scene.isPresent else { return [] }
        var lines: [String] = []
        for entry in blockers where !entry.socket.isTimeWait {
            guard let command = SocketWords.stop(entry.holder) else { continue }
            let line = "Stop \(SocketWords.program(entry.holder)): \(command)"
            if !lines.contains(line) { lines.append(line) }
            if lines.count == 3 { break }
        }
        let taken = blockers.first {
            $0.socket.row.isConnectedTCP && $0.socket.role == .outgoing && !$0.socket.isTimeWait
        }
        if let row = taken?.socket.row {
            let peer = row.remote.address.isIPv4 ? row.remote.address.description : "[\(row.remote.address)]"
            lines.append(
                place
                    + "Or end only its connection: ss -K dst \(peer) dport = \(row.remote.port) sport = \(row.local.port)"
            )
        }
        return lines
    }

    private func options(_ blockers: [PortScene.Entry]) -> [String] {
        var lines: [String] = []
        let isUDP = request.transport == .udp
        let passable = blockers.allSatisfy { !$0.socket.isListening }
        // What calls connect() alone seldom sets it.
        let mayHelp = blockers.contains {
            $0.socket.reuseAddress != false
                && !($0.socket.row.isConnectedTCP && $0.socket.role == .outgoing && !$0.socket.isTimeWait)
        }
        if (passable || isUDP), mayHelp, !request.reuseAddress {
            let what =
                isUDP
                ? "Set SO_REUSEADDR on both sockets: then the last one to bind gets the datagrams"
                : "Set SO_REUSEADDR on both sides: in the new program, and in the one that left these sockets (from its next start on)"
            lines.append(what)
        }
        let users = Set(blockers.compactMap(\.socket.uid))
        if !request.reusePort, blockers.contains(where: { $0.socket.isListening || isUDP }),
            users.isSubset(of: [request.uid])
        {
            lines.append(
                "Or share the port: SO_REUSEPORT on every socket of it, by one user; the kernel spreads what comes in")
        }
        let areIPv4 = blockers.allSatisfy(\.socket.row.local.address.isIPv4)
        if request.local.address == .anyIPv6, !request.isV6Only, areIPv4 {
            lines.append("Or take IPv6 alone: set IPV6_V6ONLY (explain it with --ipv6-only)")
        }
        return lines
    }

    private func other(_ blockers: [PortScene.Entry]) -> [String] {
        let taken = blockers.map(\.socket.row.local.address)
        if request.local.address.isWildcard, !taken.contains(where: \.isWildcard) {
            return ["Or bind one address that none of them has, instead of all"]
        }
        return ["Or take another port"]
    }

    /// The line that keeps outgoing connections from the port.
    private var reserve: [String] {
        let port = request.local.port
        guard request.transport == .tcp || request.transport == .udp, scene.limits.mayChoose(port) else { return [] }
        var ports = scene.limits.reserved
        ports.insert(port)
        let range = scene.limits.range
        let setting = "net.ipv4.ip_local_reserved_ports=\(ports.list)"
        return [
            "Port \(port) is in the ephemeral range \(range.first)-\(range.last): any outgoing connection may take it while its program restarts. \(place)Reserve it: sysctl -w \(setting)",
            "To keep that over a reboot, put the line \(setting) into /etc/sysctl.d/60-reserved-ports.conf",
        ]
    }

    /// What helps where no port is left, or few are.
    func linesForAnyPort(_ room: BindRoom) -> [String] {
        if room.capacity > 0, room.used * 2 < room.capacity { return [] }
        let holders = room.blockers.lazy.map { entries[$0.index].holder }
        var lines = ["Most ports are held by \(SocketWords.programs(holders)): see portlog sockets"]
        lines += RangeRemedies(scene).lines
        return lines
    }

    private var place: String {
        scene.namespace == Snapshot.hostNamespace
            ? "" : "In the network namespace \(TextEscape.escaped(scene.namespace)): "
    }
}
