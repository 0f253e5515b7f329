import PortHistory
import PortModel

/// TIME_WAIT sockets sorted into groups, and what became of each group over a period.
struct TimeWaitGroups {
    /// What a group has in common.
    struct Key: Hashable {
        var namespace: Int
        var role: TimeWaitReport.Role
        var localAddress: IPAddress
        /// The port of a service; 0 for a destination.
        var localPort: UInt16 = 0
        /// The peer of a destination; `nil` for a service.
        var remote: Endpoint?
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

    /// Groups the sockets of a period.
    ///
    /// - Parameters:
    ///   - timeWaits: intervals in TIME_WAIT that overlap the period.
    ///   - services: the listeners of the time.
    init(_ timeWaits: [SocketInterval], _ services: ListeningServices, period: ClosedRange<Int>) {
        self.period = period
        counts = Array(repeating: 0, count: period.count)
        var indices: [Key: Int] = [:]
        intervals.reserveCapacity(timeWaits.count)
        for socket in timeWaits {
            let key = Self.key(of: socket, services)
            let group = indices[key] ?? groups.count
            if group == groups.count {
                indices[key] = group
                groups.append(Group(key: key))
            }
            if socket.first >= period.lowerBound { entered += 1 }
            intervals.append(
                Interval(
                    group: Int32(group), first: Int32(max(socket.first, period.lowerBound)),
                    last: Int32(min(socket.last, period.upperBound)), holder: Int32(socket.holder)))
        }
        sweep()
    }

    private static func key(of socket: SocketInterval, _ services: ListeningServices) -> Key {
        guard socket.role == .accepted else {
            return Key(
                namespace: socket.namespace, role: .client, localAddress: socket.local.address, remote: socket.remote)
        }
        return Key(
            namespace: socket.namespace, role: .server,
            localAddress: services.address(of: socket) ?? socket.local.address, localPort: socket.local.port)
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
    func tallies(of groups: some Sequence<Int>) -> [Int: OwnerTally] {
        var tallies = Dictionary(uniqueKeysWithValues: groups.map { ($0, OwnerTally()) })
        for interval in intervals {
            tallies[Int(interval.group)]?.add(
                holder: Int(interval.holder), isAtEnd: Int(interval.last) == period.upperBound)
        }
        return tallies
    }

    /// The indices of the groups, the one with most sockets now first, then the one with the highest peak.
    var sorted: [Int] {
        groups.indices.sorted { a, b in
            let (a, b) = (groups[a], groups[b])
            if (a.now, a.peak) != (b.now, b.peak) { return (a.now, a.peak) > (b.now, b.peak) }
            return a.key < b.key
        }
    }
}

extension TimeWaitGroups.Key: Comparable {
    /// Any order that does not change.
    static func < (a: Self, b: Self) -> Bool {
        if (a.namespace, a.role.rawValue) != (b.namespace, b.role.rawValue) {
            return (a.namespace, a.role.rawValue) < (b.namespace, b.role.rawValue)
        }
        if a.localPort != b.localPort { return a.localPort < b.localPort }
        if let x = a.remote, let y = b.remote, x != y { return (x.address, x.port) < (y.address, y.port) }
        return a.localAddress < b.localAddress
    }
}
