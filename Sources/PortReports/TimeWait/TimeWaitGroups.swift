import PortHistory
import PortModel

/// TIME_WAIT sockets sorted into groups, and what became of each group over a period.
struct TimeWaitGroups {
    /// What a group has in common.
    struct Key: Hashable {
        var namespace: Int
        /// `nil` for an owner.
        var role: TimeWaitReport.Role?
        var localAddress: IPAddress
        /// The port of a service; 0 for a destination.
        var localPort: UInt16 = 0
        /// The peer of a destination; `nil` for a service.
        var remote: Endpoint?
        /// Of an owner its place and program, `nil` where nobody is known.
        var owner: OwnerKey?
    }

    /// What the processes of one owner have in common.
    struct OwnerKey: Hashable {
        /// The container or unit; empty where there is none.
        var place: String
        var command: String

        /// The owner of a holder, that of its first process; `nil` where nobody is known.
        init?(_ holder: Holder) {
            guard let owner = holder.ownership.owners.first else { return nil }
            place = owner.container ?? owner.unit ?? ""
            command = owner.command
        }
    }

    /// A group over the period.
    struct Group {
        var key: Key
        /// Sockets at the last sample.
        var now = 0
        /// The most sockets at one sample.
        var peak = 0
        /// The first sample with as many.
        var peakSample = 0
    }

    /// A TIME_WAIT while it was there.
    private struct Interval {
        var group: Int32
        var first: Int32
        var last: Int32
        var holder: Int32
    }

    /// The groups, in the order in which their first socket came.
    private(set) var groups: [Group] = []
    /// How many there were at each sample of the period.
    private(set) var counts: [Int]
    /// How many were first seen in TIME_WAIT in the period.
    private(set) var entered = 0
    private let period: ClosedRange<Int>
    private var intervals: [Interval] = []
    private var indices: [Key: Int] = [:]

    /// Which group a socket belongs to.
    private let key: (SocketInterval) -> Key

    /// No sockets yet.
    init(period: ClosedRange<Int>, key: @escaping (SocketInterval) -> Key = TimeWaitGroups.key(of:)) {
        self.period = period
        self.key = key
        counts = Array(repeating: 0, count: period.count)
    }

    /// Adds a socket while it was in TIME_WAIT, if that was in the period.
    mutating func insert(_ socket: SocketInterval) {
        if socket.last < period.lowerBound || socket.first > period.upperBound { return }
        if socket.first >= period.lowerBound { entered += 1 }
        intervals.append(
            Interval(
                group: Int32(group(key(socket))), first: Int32(max(socket.first, period.lowerBound)),
                last: Int32(min(socket.last, period.upperBound)), holder: Int32(socket.holder)))
    }

    /// The destination or the service of a socket.
    static func key(of socket: SocketInterval) -> Key {
        socket.role == .accepted
            ? Key(
                namespace: socket.namespace, role: .server, localAddress: socket.local.address,
                localPort: socket.local.port)
            : Key(
                namespace: socket.namespace, role: .client, localAddress: socket.local.address, remote: socket.remote)
    }

    private mutating func group(_ key: Key) -> Int {
        if let index = indices[key] { return index }
        indices[key] = groups.count
        groups.append(Group(key: key))
        return groups.count - 1
    }

    /// Joins what came in on several addresses of one service, and counts. To be called when all sockets are in.
    ///
    /// - Parameter services: the listeners of the time.
    mutating func finish(_ services: ListeningServices) {
        let own = groups
        groups = []
        indices = [:]
        let joined = own.map { group in
            var key = group.key
            if key.role == .server {
                key.localAddress =
                    services.address(key.namespace, key.localAddress, key.localPort) ?? key.localAddress
            }
            return Int32(self.group(key))
        }
        for index in intervals.indices { intervals[index].group = joined[Int(intervals[index].group)] }
        sweep()
    }

    private mutating func sweep() {
        let came = SampleBuckets(count: intervals.count, period) { Int(intervals[$0].first) }
        let went = SampleBuckets(count: intervals.count, period) { Int(intervals[$0].last) + 1 }
        var total = 0
        for sample in period {
            for index in went[sample] { groups[Int(intervals[Int(index)].group)].now -= 1 }
            for index in came[sample] {
                let group = Int(intervals[Int(index)].group)
                groups[group].now += 1
                if groups[group].now > groups[group].peak {
                    groups[group].peak = groups[group].now
                    groups[group].peakSample = sample
                }
            }
            total += came[sample].count - went[sample].count
            counts[sample - period.lowerBound] = total
        }
    }

    /// Who left the sockets of some groups, given by their indices.
    ///
    /// - Parameter end: the sample at whose owners one looks first.
    func tallies(of groups: some Sequence<Int>, end: Int) -> [Int: OwnerTally] {
        var tallies = Dictionary(uniqueKeysWithValues: groups.map { ($0, OwnerTally()) })
        for interval in intervals {
            tallies[Int(interval.group)]?.add(
                holder: Int(interval.holder), isAtEnd: Int(interval.last) == end)
        }
        return tallies
    }
}

extension TimeWaitGroups.Key: Comparable {
    /// Any order that does not change.
    static func < (a: Self, b: Self) -> Bool {
        let (x, y) = ((a.namespace, a.role?.rawValue ?? ""), (b.namespace, b.role?.rawValue ?? ""))
        if x != y { return x < y }
        if a.owner != b.owner {
            return (a.owner?.place ?? "", a.owner?.command ?? "") < (b.owner?.place ?? "", b.owner?.command ?? "")
        }
        if a.localPort != b.localPort { return a.localPort < b.localPort }
        if let x = a.remote, let y = b.remote, x != y { return (x.address, x.port) < (y.address, y.port) }
        return a.localAddress < b.localAddress
    }
}
