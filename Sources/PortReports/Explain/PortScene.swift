import PortHistory
import PortModel

/// The sockets of one network namespace at one moment, with all that is known of them: what `explain` and `doctor` look at. Either the
/// present, as it was just read, with what a history says of the sockets; or a sample of a history.
public struct PortScene: Sendable {
    /// One socket.
    struct Entry: Sendable {
        /// The socket as the kernel's rules look at it.
        var socket: BoundSocket
        /// Who holds or held it.
        var holder: HolderDocument
        /// When it was first seen.
        var firstSeen: Timestamp
        /// When it was last seen.
        var lastSeen: Timestamp
        /// How long its TIME_WAIT has lasted at the moment, in milliseconds; 0 in every other state.
        var timeWaitAge: Int64 = 0
    }

    /// The moment.
    public var at: Timestamp
    /// The sample that shows it; `nil` for the present.
    var sample: SampleDocument?
    /// The host.
    public var host: String
    /// The name of the namespace.
    public var namespace: String
    /// CLOCK_BOOTTIME at the moment, in milliseconds.
    var bootClock: Int64
    /// The limits in force.
    public var limits: PortLimits
    /// The addresses that bind() takes; `nil` where they are not known.
    public internal(set) var addresses: LocalAddresses?
    /// Whether it is the present, read from the kernel in its order.
    var isPresent: Bool
    /// Whether sockets that are only bound would be among them.
    var showsBound: Bool
    /// How many processes could not be looked into.
    var permissionDenied = 0
    var entries: [Entry]
}

extension PortScene {
    /// A sample of a history: the newest one not after a moment.
    ///
    /// - Parameter namespace: the name of the namespace; `nil`: the recorder's own.
    /// - Throws: ``NoSampleError`` when there is no sample, or it is no longer kept.
    public static func past(_ view: HistoryView, at moment: Timestamp?, namespace: String?) throws -> PortScene {
        let instant = try Instant(view, at: moment)
        let name = namespace ?? Snapshot.hostNamespace
        let documents = SocketDocuments(view)
        let times = try view.times(of: instant.number...instant.number)
        let now = times.bootClock(instant.number)
        var limits: PortLimits?
        for change in try view.limits(in: instant.number...instant.number)
        where try view.namespaceName(change.namespace) == name {
            limits = change.limits
        }
        let number = try view.namespaceNumber(name) ?? 0
        let listeners = try view.sample(instant.number).map {
            try RecentListeners(view, namespace: number, before: $0)
        }
        var starts: [Int: Int64] = [:]
        let entries = try view.sockets(at: instant.number, matching: SocketFilter(namespace: name)).map { interval in
            let holder = try documents.holder(interval.holder)
            var entry = Entry(
                socket: BoundSocket(interval, uid: holder.uid), holder: holder,
                firstSeen: try documents.clock[interval.socketFirst], lastSeen: instant.takenAt)
            entry.socket.role = listeners?.role(of: interval) ?? interval.role
            if interval.state == .timeWait {
                if starts[interval.first] == nil {
                    starts[interval.first] = try view.times(of: interval.first...interval.first).bootClock(
                        interval.first)
                }
                entry.timeWaitAge = max(0, now - (starts[interval.first] ?? now)) + Int64(interval.timeWaitAge) * 10
            }
            return entry
        }
        return PortScene(
            at: instant.at, sample: instant.document, host: try view.host(), namespace: name, bootClock: now,
            limits: limits ?? .unknown,
            addresses: nil, isPresent: false, showsBound: entries.contains { $0.socket.isBoundOnly }, entries: entries)
    }

    /// The present, as it was read, without a history.
    public static func present(_ look: HostLook) -> PortScene {
        let entries = look.sockets.map { socket in
            let owned = look.owners[socket.row.inode] ?? .unknown
            return Entry(
                socket: socket, holder: HolderDocument(Holder(uid: socket.uid, ownership: owned)),
                firstSeen: look.at, lastSeen: look.at,
                timeWaitAge: socket.row.state == .timeWait
                    ? max(0, TimeWaitReuse.length - Int64(socket.row.timerTicks) * 10) : 0)
        }
        return PortScene(
            at: look.at, host: look.host, namespace: Snapshot.hostNamespace, bootClock: look.bootClock,
            limits: look.limits, addresses: look.addresses, isPresent: true, showsBound: look.showsBound,
            permissionDenied: look.permissionDenied, entries: entries)
    }
}

extension PortScene {
    /// The address that connections to a destination came from, where there are any: that of the most. Towards a loopback address it is
    /// the very first loopback address.
    public func usualSource(towards target: Endpoint) -> IPAddress? {
        var counts: [IPAddress: Int] = [:]
        for entry in entries where entry.socket.role == .outgoing && entry.socket.row.remote == target {
            counts[entry.socket.row.local.address, default: 0] += 1
        }
        if let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) { return most.key }
        guard target.address.isLoopback else { return nil }
        return target.address.isIPv4 ? IPAddress(ipv4: 0x7f00_0001) : target.address
    }
}

extension BoundSocket {
    /// A socket of a history; `uid` is what is known of its user.
    init(_ interval: SocketInterval, uid: UInt32?) {
        let row = SocketRow(
            table: interval.table, state: interval.state, local: interval.local, remote: interval.remote, uid: uid ?? 0,
            inode: interval.inode)
        self.init(row, role: interval.role, uid: uid, since: interval.socketFirst)
    }

    /// A TCP socket that is bound and no more.
    var isBoundOnly: Bool { row.table.transport == .tcp && row.state == .close }
}
