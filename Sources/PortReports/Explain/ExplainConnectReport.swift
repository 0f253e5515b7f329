import PortModel

/// How many more connections fit to a destination, and what holds the rest: `portlog explain connect`.
public struct ExplainConnectReport: Sendable {
    private let scene: PortScene
    private let source: IPAddress?
    private let target: Endpoint
    private let limit: Int
    private let space: PortSpace
    private let use: DestinationUse

    /// A question about a scene.
    ///
    /// - Parameters:
    ///   - source: the address that connects; `nil` where neither the caller nor the route tells.
    ///   - limit: how many blockers at most; 0: all.
    public init(from source: IPAddress?, to target: Endpoint, in scene: PortScene, limit: Int = 0) {
        self.scene = scene
        self.target = target
        self.limit = limit
        self.source = source
        let space = PortSpace(scene)
        self.space = space
        use =
            source.map { space.use(of: Destination(local: $0, remote: target.address, remotePort: target.port)) }
            ?? space.use(of: Destination(local: .anyIPv6, remote: target.address, remotePort: target.port))
    }

    /// The answer.
    public func make() -> ExplainReport {
        guard source != nil else { return makeWithoutSource() }
        let isLocal = source.flatMap { address in scene.addresses.map { $0.accepts(address, .tcp) } } ?? true
        let taken = holders
        let shown = taken.limited(to: limit)
        let timeWaits = taken.filter { $0.entry.socket.row.state == .timeWait && $0.isOfDestination }.map(\.entry)
        return ExplainReport(
            host: scene.host, at: scene.at, sample: scene.sample, request: .connect(from: source, to: target),
            verdict: isLocal && use.free > 0 ? .succeeds : .fails,
            errno: isLocal && use.free > 0 ? nil : BindError.addressNotAvailable.rawValue,
            explanation: isLocal
                ? explanation
                : "\(source.map(\.description) ?? "") is no address of this host: bind() to it fails with EADDRNOTAVAIL.",
            omitted: taken.count - shown.count,
            blockers: shown.map {
                $0.entry.blocker(in: scene, $0.isOfDestination ? "" : ", for every destination", isCertain: true)
            },
            capacity: use.capacity, used: use.used, free: use.free, certain: space.isCertain,
            remedies: ConnectRemedies(
                scene, use, timeWaits: timeWaits, destination, suspects: suspects, space.suspicious
            ).lines,
            connect: ExplainReport.ConnectFacts(
                reusable: use.reusable, timeWait: use.usedByTimeWait, slowConnect: use.slowConnect,
                boundBeforeConnect: space.suspicious, released: released(timeWaits)))
    }

    /// Of the past no route is known: where nothing went to the destination, every source address had all ports of the capacity.
    private func makeWithoutSource() -> ExplainReport {
        let to = target.text(in: target.address.family)
        return ExplainReport(
            host: scene.host, at: scene.at, sample: scene.sample, request: .connect(from: nil, to: target),
            verdict: use.capacity > 0 ? .succeeds : .fails,
            errno: use.capacity > 0 ? nil : BindError.addressNotAvailable.rawValue,
            explanation:
                "At most \(use.capacity) connections fit to \(to) from each source address: none went there, and which address they would come from is not known. Name one with --from.",
            blockers: [], capacity: use.capacity, used: 0, free: use.capacity, certain: false, remedies: [],
            connect: nil)
    }

    private var destination: Destination? {
        source.map { Destination(local: $0, remote: target.address, remotePort: target.port) }
    }

    private var explanation: String {
        let from = source.map { "from \($0) " } ?? ""
        let to = target.text(in: target.address.family)
        let atMost = space.isCertain ? "" : "at most "
        let holders = SocketWords.programs(self.holders.lazy.filter(\.isOfDestination).map(\.entry.holder))
        let whose = use.used == 0 ? "" : "; \(use.used) are taken by \(holders)"
        if use.free == 0 {
            return
                "connect() \(from)to \(to) fails with EADDRNOTAVAIL (\"Cannot assign requested address\"): all \(use.capacity) ports are taken\(use.used == 0 ? "" : ", by \(holders)")."
        }
        let slow =
            use.slowConnect ? " Half of the range is used up: every connect() searches it in vain, and is slow." : ""
        return
            "\(atMost.isEmpty ? "" : "At most ")\(use.free) more connections fit \(from)to \(to), of \(use.capacity)\(whose).\(slow)"
    }

    /// Who takes ports of this destination: its connections, then those that own a port of the range for every destination.
    private var holders: [(entry: PortScene.Entry, isOfDestination: Bool)] {
        var own: [PortScene.Entry] = []
        var foreign: [PortScene.Entry] = []
        for entry in scene.entries where scene.limits.mayChoose(entry.socket.row.local.port) && !entry.socket.isHalfOpen
        {
            let row = entry.socket.row
            guard row.table.transport == .tcp else { continue }
            if !row.isConnectedTCP || entry.socket.role != .outgoing {
                foreign.append(entry)
            } else if row.remote == target, row.local.address == source, !isReusable(entry) {
                own.append(entry)
            }
        }
        own.sort { ($0.socket.isTimeWait ? 1 : 0, $0.firstSeen) < ($1.socket.isTimeWait ? 1 : 0, $1.firstSeen) }
        return own.map { ($0, true) } + foreign.map { ($0, false) }
    }

    private func isReusable(_ entry: PortScene.Entry) -> Bool {
        guard entry.socket.row.state == .timeWait, let destination else { return false }
        return TimeWaitReuse(scene.limits).isReusable(destination, age: entry.timeWaitAge)
    }

    /// Programs with connections on the parity that connect() takes last, while ports of the first are free.
    private var suspects: [HolderDocument] {
        if space.suspicious == 0 { return [] }
        return scene.entries.lazy.filter { entry in
            entry.socket.role == .outgoing && entry.socket.row.isConnectedTCP
                && scene.limits.mayChoose(entry.socket.row.local.port)
                && !space.hasLowParity(entry.socket.row.local.port)
        }.map(\.holder)
    }

    private func released(_ timeWaits: [PortScene.Entry]) -> [ExplainReport.Release] {
        [10_000, 30_000, 60_000].map { span in
            ExplainReport.Release(at: scene.at + span, count: timeWaits.count { $0.remaining <= span })
        }
    }
}
