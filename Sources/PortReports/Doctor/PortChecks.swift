import PortModel

/// What `doctor` finds in the ports themselves.
struct PortChecks {
    private let scene: PortScene
    private let limits: PortLimits
    private let space: PortSpace

    init(_ scene: PortScene) {
        self.scene = scene
        limits = scene.limits
        space = PortSpace(scene)
    }

    var findings: [DoctorFinding] {
        [listenersInRange, ephemeralUse, reservedPorts, timeWaitReuse, timeWaitLimit].compactMap { $0 } + rates
    }

    private func finding(
        _ check: DoctorFinding.Check, _ severity: DoctorFinding.Severity, _ explanation: String, _ remedies: [String]
    ) -> DoctorFinding {
        DoctorFinding(
            check: check, severity: severity, namespace: scene.namespace, explanation: explanation, remedies: remedies)
    }

    private var range: String { "\(limits.range.first)-\(limits.range.last)" }

    /// One finding for all of them: one line reserves all.
    private var listenersInRange: DoctorFinding? {
        let listeners = scene.entries.filter {
            $0.socket.isListening && limits.mayChoose($0.socket.row.local.port)
        }
        if listeners.isEmpty { return nil }
        var ports = limits.reserved
        for entry in listeners { ports.insert(entry.socket.row.local.port) }
        var named: [String] = []
        for entry in listeners.sorted(by: { $0.socket.row.local.port < $1.socket.row.local.port }) {
            let name = "\(entry.socket.row.local.port) of \(SocketWords.program(entry.holder))"
            if !named.contains(name) { named.append(name) }
        }
        let rest = named.count - 8
        let text = named.prefix(8).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        let setting = "net.ipv4.ip_local_reserved_ports=\(ports.list)"
        return finding(
            .listenerInRange, .warning,
            "Listeners stand in the ephemeral range \(range) and are not reserved: \(text). While one restarts, any outgoing connection may take its port, and bind() fails.",
            [
                "sysctl -w \(setting)",
                "To keep that over a reboot, put the line \(setting) into /etc/sysctl.d/60-reserved-ports.conf",
            ])
    }

    private var uses: [(destination: Destination, use: DestinationUse)] {
        space.destinations.map { ($0, space.use(of: $0)) }.filter { $0.use.used > 0 }
            .sorted { ($1.use.utilization, $0.destination) < ($0.use.utilization, $1.destination) }
    }

    private var ephemeralUse: DoctorFinding? {
        guard let (destination, use) = uses.first, use.utilization >= 0.5 else { return nil }
        let peer = Endpoint(destination.remote, destination.remotePort)
        let percent = Int((use.utilization * 100).rounded(.down))
        let slow = use.slowConnect ? " Every connect() searches half of the range in vain." : ""
        return finding(
            .ephemeralUse, use.utilization >= 0.95 ? .critical : .warning,
            "\(percent) % of the ephemeral ports from \(destination.local) to \(peer) are used: \(use.free) of \(use.capacity) are left.\(slow)",
            ["portlog explain connect --from \(destination.local) \(peer)"])
    }

    /// Each TIME_WAIT is a connection that was made within the last minute and closed here first.
    private var rates: [DoctorFinding] {
        uses.filter { $0.use.usedByTimeWait >= 60 && $0.use.usedByTimeWait * 2 >= $0.use.capacity }.prefix(3)
            .map { destination, use in
                let peer = Endpoint(destination.remote, destination.remotePort)
                return finding(
                    .rangeTooSmall, .warning,
                    "\(use.usedByTimeWait / 60) new connections a second from \(destination.local) to \(peer) leave TIME_WAIT; \(use.capacity) ports last for \(use.capacity / 60) a second.",
                    ["Keep connections open and use them again (a pool, HTTP keep-alive)"] + RangeRemedies(scene).lines)
            }
    }

    private var reservedPorts: DoctorFinding? {
        let reserved = limits.range.count - limits.choosable
        guard reserved * 4 >= limits.range.count else { return nil }
        return finding(
            .reservedPorts, .warning,
            "\(reserved) of the \(limits.range.count) ports of the ephemeral range \(range) are reserved: \(limits.choosable) are left to each destination.",
            ["Reserve no more than what listens there: sysctl net.ipv4.ip_local_reserved_ports shows the list"])
    }

    private var timeWaitReuse: DoctorFinding? {
        let reuse = TimeWaitReuse(limits)
        let blocked = uses.filter { !reuse.applies(to: $0.destination) }.reduce(0) { $0 + $1.use.usedByTimeWait }
        guard blocked >= 100, blocked * 20 >= limits.choosable else { return nil }
        if limits.timestamps == 0 {
            return finding(
                .timeWaitReuse, .info,
                "\(blocked) ports are held by TIME_WAIT of outgoing connections, none of which may be reused: TCP timestamps are off.",
                ["sysctl -w net.ipv4.tcp_timestamps=1"])
        }
        return finding(
            .timeWaitReuse, .info,
            "\(blocked) ports are held by TIME_WAIT of outgoing connections; net.ipv4.tcp_tw_reuse is \(limits.timeWaitReuse), so that connect() does not reuse them.",
            [
                "sysctl -w net.ipv4.tcp_tw_reuse=1, where both ends use TCP timestamps and nothing between them rewrites or drops these"
            ])
    }

    private var timeWaitLimit: DoctorFinding? {
        let count = scene.entries.count { $0.socket.row.state == .timeWait }
        guard limits.maxTimeWait > 0, count * 2 >= limits.maxTimeWait else { return nil }
        return finding(
            .timeWaitLimit, count * 10 >= limits.maxTimeWait * 9 ? .critical : .warning,
            "\(count) sockets are in TIME_WAIT; at \(limits.maxTimeWait) the kernel drops them at once, and late segments may reach a new connection.",
            [
                "portlog time-wait --by owner says who leaves them",
                "sysctl -w net.ipv4.tcp_max_tw_buckets=\(limits.maxTimeWait * 2)",
            ])
    }
}

extension PortSpace {
    /// The TCP ports of a scene.
    init(_ scene: PortScene) {
        self.init(scene.limits)
        for entry in scene.entries where entry.socket.row.table.transport == .tcp && !entry.socket.isHalfOpen {
            let row = entry.socket.row
            _ = insert(
                Socket(
                    table: row.table, state: row.state, role: entry.socket.role, local: row.local, remote: row.remote,
                    since: entry.socket.since ?? 0, timeWaitSince: scene.bootClock - entry.timeWaitAge))
        }
        judgeNewcomers()
        finish(at: scene.bootClock)
    }
}
