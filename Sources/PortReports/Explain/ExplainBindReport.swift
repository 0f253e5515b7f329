import PortModel

/// Whether a bind() would succeed, and who is in the way: `portlog explain bind`.
public struct ExplainBindReport: Sendable {
    private let scene: PortScene
    private let request: BindRequest
    /// The scene's sockets of the protocol that matter: those on the port, or all for port 0.
    private let entries: [PortScene.Entry]
    private let limit: Int

    /// A question about a scene.
    ///
    /// - Parameter limit: how many blockers at most; 0: all.
    public init(_ request: BindRequest, in scene: PortScene, limit: Int = 0) {
        self.scene = scene
        self.request = request
        self.limit = limit
        var entries = scene.entries.filter {
            $0.socket.row.table.transport == request.transport
                && (request.local.port == 0 || $0.socket.row.local.port == request.local.port)
        }
        if request.local.port != 0 {
            var sockets = entries.map(\.socket)
            BindEvidence.apply(to: &sockets)
            for index in entries.indices { entries[index].socket = sockets[index] }
        }
        self.entries = entries
    }

    /// The answer.
    public func make() -> ExplainReport {
        request.local.port == 0 ? makeForAnyPort() : makeForPort()
    }

    // MARK: - A given port

    private func makeForPort() -> ExplainReport {
        let verdict = BindRules.judge(
            request, entries.map(\.socket), scene.limits, addresses, isInKernelOrder: scene.isPresent)
        let isAboutAddress = verdict.dependsOnAddress && verdict.blockers.isEmpty
        var report = report(
            of: verdict.outcome, verdict.blockers, error: isAboutAddress ? .addressNotAvailable : .addressInUse)
        report.remedies = BindRemedies(scene, request, entries, verdict).lines
        report.explanation = explanation(verdict)
        return report
    }

    /// Of the past an address is known to have been there by the sockets that had it.
    private var addresses: LocalAddresses? {
        if let addresses = scene.addresses { return addresses }
        let asked = request.local.address
        guard asked.isLoopback || scene.entries.contains(where: { $0.socket.row.local.address == asked }) else {
            return nil
        }
        var addresses = LocalAddresses()
        addresses.insert(asked)
        return addresses
    }

    private func explanation(_ verdict: BindVerdict) -> String {
        let place = "\(request.transport.rawValue.uppercased()) \(request.local.text(in: request.family))"
        let certain = verdict.blockers.filter(\.isCertain).map { entries[$0.index] }
        switch verdict.outcome {
        case .succeeds:
            let others = entries.filter { !$0.socket.isHalfOpen }
            if others.isEmpty { return "bind() to \(place) succeeds: nothing stands on the port." }
            return
                "bind() to \(place) succeeds: \(count(others.count, "socket stands", "sockets stand")) on the port, none in its way."
        case .fails(.accessDenied):
            return
                "bind() to \(place) fails with EACCES (\"Permission denied\"): ports below \(scene.limits.unprivilegedStart) need CAP_NET_BIND_SERVICE, which user \(request.uid) is taken not to have."
        case .fails(.invalid):
            let address = request.local.address
            let reason =
                request.isMappedOnV6Only
                ? "\(address) is an IPv4 address, and the socket takes IPv6 alone (IPV6_V6ONLY)."
                : address.isIPv6Multicast && request.transport == .tcp
                    ? "\(address) is a group, and TCP has none."
                    : "\(address) means something on one interface alone, and none is given."
            return "bind() to \(place) fails with EINVAL (\"Invalid argument\"): \(reason)"
        case .fails(.addressNotAvailable):
            return
                "bind() to \(place) fails with EADDRNOTAVAIL (\"Cannot assign requested address\"): \(request.local.address) is no address of this \(request.interface == 0 ? "host" : "host on that interface")."
        case .fails(.addressInUse):
            return
                "bind() to \(place) fails with EADDRINUSE (\"Address already in use\"): \(inTheWay(certain))."
        case .depends:
            var parts: [String] = []
            if verdict.dependsOnAddress { parts.append("whether \(request.local.address) was an address of the host") }
            let open = verdict.blockers.filter { !$0.isCertain }
            let unknowns = BindVerdict.Unknown.allCases.filter { unknown in
                open.contains { $0.unknowns.contains(unknown) }
            }
            if !open.isEmpty {
                let what = unknowns.map(Self.words).joined(separator: " or ")
                parts.append("\(what) of \(SocketWords.programs(open.map { entries[$0.index].holder }))")
            }
            return "Whether bind() to \(place) succeeds depends on \(parts.joined(separator: ", and on "))."
        }
    }

    private func inTheWay(_ blockers: [PortScene.Entry]) -> String {
        guard let first = blockers.first else { return "sockets are in the way" }
        let programs = SocketWords.programs(blockers.map(\.holder))
        if blockers.allSatisfy(\.socket.isTimeWait) {
            let last = blockers.map(\.remaining).max() ?? 0
            let states = Set(blockers.map { $0.socket.row.state.name(in: .tcp).uppercased() }).sorted()
                .joined(separator: " and ")
            return
                "\(count(blockers.count, "connection", "connections")) of \(programs) in \(states), for another \(SocketWords.seconds(last)) at most"
        }
        if blockers.contains(where: \.socket.isListening) {
            let listeners = blockers.filter(\.socket.isListening)
            let place = listeners[0].socket.row.local.text(in: listeners[0].socket.row.table.family)
            return "\(SocketWords.programs(listeners.map(\.holder), "listens", "listen")) on \(place)"
        }
        if request.transport == .tcp,
            let taker = blockers.first(where: { $0.socket.row.isConnectedTCP && $0.socket.role == .outgoing })
        {
            return
                "an outgoing connection of \(SocketWords.program(taker.holder)) to \(taker.socket.row.remote) has the port"
        }
        let place = first.socket.row.local.text(in: first.socket.row.table.family)
        return "\(count(blockers.count, "socket", "sockets")) of \(programs) on \(place)"
    }

    private func count(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }

    /// What decides, as a noun.
    static func words(_ unknown: BindVerdict.Unknown) -> String {
        switch unknown {
        case .reuseAddress: "SO_REUSEADDR"
        case .reusePort: "SO_REUSEPORT"
        case .v6Only: "IPV6_V6ONLY"
        case .interface: "SO_BINDTODEVICE"
        case .user: "the user"
        case .order: "the order of the sockets"
        case .memory: "what the kernel remembers of the port"
        }
    }

    // MARK: - Any port

    private func makeForAnyPort() -> ExplainReport {
        let room = BindRoom(request, entries.map(\.socket), scene.limits)
        let isLocal = BindRules.isLocal(request, scene.limits, addresses)
        let isInvalid = BindRules.isInvalid(request)
        guard isLocal.isPossible, !isInvalid else {
            let verdict = BindVerdict(outcome: .fails(isInvalid ? .invalid : .addressNotAvailable))
            var report = report(of: verdict.outcome, [])
            report.explanation = explanation(verdict)
            report.remedies = BindRemedies(scene, request, entries, verdict).lines
            return report
        }
        var verdict = BindVerdict(outcome: room.outcome)
        if isLocal == .unknown, room.outcome == .succeeds {
            verdict.outcome = .depends
            verdict.dependsOnAddress = true
        }
        var report = report(
            of: verdict.outcome, room.blockers, error: verdict.dependsOnAddress ? .addressNotAvailable : .addressInUse)
        report.capacity = room.capacity
        report.used = room.used
        report.free = room.free
        report.certain = room.isCertain && !scene.limits.assumed
        let range = scene.limits.range
        let place = "\(request.transport.rawValue.uppercased()) \(request.local.address.text(in: request.family))"
        let ports = "of the \(room.capacity) ports that the kernel may choose in \(range.first)-\(range.last)"
        report.explanation =
            room.free == 0
            ? "bind() to \(place) with port 0 fails with EADDRINUSE: none \(ports) is left."
            : "bind() to \(place) with port 0 finds \(report.certain == true ? "" : "at most ")\(room.free) \(ports)."
        if verdict.dependsOnAddress {
            report.explanation += " Whether \(request.local.address) was an address of the host is not known."
        }
        report.remedies = BindRemedies(scene, request, entries, verdict).linesForAnyPort(room)
        return report
    }

    // MARK: - The document

    /// The certain ones first, and among them listeners.
    private func rank(_ blocker: BindVerdict.Blocker) -> (Int, Int, Int) {
        (blocker.isCertain ? 0 : 1, entries[blocker.index].socket.row.isListener ? 0 : 1, blocker.index)
    }

    /// - Parameter error: the one that it may fail with, where it depends.
    private func report(
        of outcome: BindVerdict.Outcome, _ blockers: [BindVerdict.Blocker], error: BindError = .addressInUse
    ) -> ExplainReport {
        let (verdict, errno): (ExplainReport.Verdict, String?) =
            switch outcome {
            case .succeeds: (.succeeds, nil)
            case .fails(let error): (.fails, error.rawValue)
            case .depends: (.depends, error.rawValue)
            }
        let sorted = blockers.sorted { rank($0) < rank($1) }
        let shown = sorted.limited(to: limit)
        return ExplainReport(
            host: scene.host, at: scene.at, sample: scene.sample, request: .bind(request), verdict: verdict,
            errno: errno, explanation: "",
            omitted: sorted.count - shown.count,
            blockers: shown.map { blocker in
                let decides = blocker.unknowns.sorted { Self.words($0) < Self.words($1) }.map(Self.words)
                let open = decides.isEmpty ? "" : "; in the way or not by \(decides.joined(separator: ", "))"
                return entries[blocker.index].blocker(in: scene, open, isCertain: blocker.isCertain)
            },
            remedies: [])
    }
}

extension PortScene.Entry {
    /// How long the kernel may keep it yet, in milliseconds; 0 where it is no TIME_WAIT. An orphan in FIN_WAIT_2 begins TIME_WAIT anew when
    /// its peer closes, at the last moment perhaps (`tcp_timewait_state_process` in net/ipv4/tcp_minisocks.c).
    var remaining: Int64 {
        guard socket.isTimeWait else { return 0 }
        if socket.row.state == .timeWait { return max(0, TimeWaitReuse.length - timeWaitAge) }
        return Int64(socket.row.timerTicks) * 10 + TimeWaitReuse.length
    }

    /// The entry as a document says it.
    func blocker(in scene: PortScene, _ more: String = "", isCertain: Bool) -> ExplainReport.Blocker {
        let row = socket.row
        return ExplainReport.Blocker(
            socket: SocketDocument(
                namespace: scene.namespace, table: row.table, state: row.state, local: row.local,
                remote: row.remote.isNone ? nil : row.remote, showsMappedAsIPv4: true,
                uid: row.inode == 0 ? nil : holder.uid, inode: row.inode == 0 ? nil : row.inode, owners: holder.owners,
                attribution: holder.attribution, firstSeen: firstSeen, lastSeen: lastSeen),
            reason: reason + more, isCertain: isCertain,
            remainingSeconds: socket.isTimeWait ? Double(remaining) / 1000 : nil)
    }

    /// What it does on the port.
    private var reason: String {
        let row = socket.row
        if row.table.transport == .udp {
            return row.remote.isNone ? "a UDP socket is bound there" : "a connected UDP socket is bound there"
        }
        if socket.isListening { return "listens there" }
        if socket.isBoundOnly { return "is bound there, and neither listens nor is connected" }
        if socket.isTimeWait {
            let whose = socket.role == .accepted ? "a connection that was accepted there" : "an outgoing connection"
            let end = row.state == .finWait2 ? ", if its peer closes at the very end" : ""
            return
                "\(row.state.name(in: .tcp).uppercased()) of \(whose): ends by itself in \(SocketWords.seconds(remaining)) at most\(end)"
        }
        let end = socket.hasNoDescriptor && row.state != .established ? ", whose program has closed it" : ""
        return socket.role == .accepted
            ? "a connection that was accepted on this port\(end)" : "an outgoing connection has the port\(end)"
    }
}
