import PortModel

@testable import PortHistory

/// What every series should have come to at every sample, counted from the snapshot of that sample alone.
struct DirectCount {
    private var counts: [Int: [SeriesSubject: Int]] = [:]
    private var capacities: [Int: Int] = [:]
    /// Everything that was ever counted.
    private(set) var subjects: Set<SeriesSubject> = []
    /// What is counted of whole snapshots; services, whose listeners have a history, are not.
    private static let kinds: Set<SeriesKind> = [
        .state, .destinationUsed, .destinationTimeWait, .listeners, .portsUsed, .portsOpen,
    ]

    /// Counts every sample of a history.
    init(_ view: HistoryView, _ times: [Int: (wall: Int64, boot: Int64)]) throws {
        for sample in 1...view.newestNumber {
            guard let limits = try view.limits(in: sample...sample).last?.limits else { continue }
            count(try view.sockets(at: sample), at: sample, limits, times)
        }
        subjects = Set(counts.values.flatMap(\.keys))
    }

    /// The levels of a series at some samples; `nil` where its kind is not counted.
    func levels(of subject: SeriesSubject, in samples: ClosedRange<Int>) -> [Int]? {
        // Whether a UDP socket counts as a listener is decided by the range that was in force when it came.
        if !Self.kinds.contains(subject.kind) || (subject.kind == .listeners && subject.transport == .udp) {
            return nil
        }
        return samples.map { level(of: subject, at: $0) }
    }

    /// The level of a series at a sample.
    func level(of subject: SeriesSubject, at sample: Int) -> Int { counts[sample]?[subject] ?? 0 }

    /// Ports that connect() could choose at a sample.
    func capacity(at sample: Int) -> Int { capacities[sample] ?? 0 }

    private mutating func count(
        _ sockets: [SocketInterval], at sample: Int, _ limits: PortLimits, _ times: [Int: (wall: Int64, boot: Int64)]
    ) {
        var found: [SeriesSubject: Int] = [:]
        let owned = Set(
            sockets.filter {
                $0.table.transport == .tcp && ($0.role != .outgoing || $0.state == .listen || $0.state == .close)
            }
            .map(\.local.port))
        let open = limits.range.ports.filter { limits.mayChoose($0) && !owned.contains($0) }
        capacities[sample] = open.count
        found[SeriesSubject(.portsOpen, namespace: 0)] = open.count
        for transport in TransportProtocol.allCases {
            let used = Set(sockets.filter { $0.table.transport == transport }.map(\.local.port)).filter(
                limits.mayChoose)
            found[SeriesSubject(.portsUsed, namespace: 0, transport: transport)] = used.count
        }
        let reuse = TimeWaitReuse(limits)
        for socket in sockets {
            let transport = socket.table.transport
            found[SeriesSubject(.state, namespace: 0, transport: transport, state: socket.state), default: 0] += 1
            if socket.state == .timeWait { found[.timeWait(namespace: nil), default: 0] += 1 }
            if socket.isListener, transport == .tcp {
                let subject = SeriesSubject(
                    .listeners, namespace: 0, transport: transport, localAddress: socket.local.address,
                    localPort: socket.local.port)
                found[subject, default: 0] += 1
            }
            guard socket.role == .outgoing, transport == .tcp, socket.state != .close else { continue }
            let destination = Destination(
                local: socket.local.address, remote: socket.remote.address, remotePort: socket.remote.port)
            let used = SeriesSubject.portsUsed(towards: destination, namespace: 0)
            if socket.state == .timeWait {
                var subject = used
                subject.kind = .destinationTimeWait
                found[subject, default: 0] += 1
            }
            let now = times[sample]?.boot ?? 0
            let age = now - (times[socket.first]?.boot ?? 0) + Int64(socket.timeWaitAge) * 10
            if socket.state == .timeWait, reuse.isReusable(destination, age: age) { continue }
            if open.contains(socket.local.port) { found[used, default: 0] += 1 }
        }
        counts[sample] = found
    }
}
