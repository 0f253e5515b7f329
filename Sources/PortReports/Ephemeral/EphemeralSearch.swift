import PortHistory
import PortModel

/// Reads what `ephemeral` needs from a history.
struct EphemeralSearch {
    /// What leads up to the period and is replayed with it, in milliseconds: it tells how old TIME_WAITs are, which ports
    /// an older kernel still holds closed, and whether a connection could have had another port.
    static let lead: Int64 = 300_000

    private let view: HistoryView
    private let period: ClosedRange<Int>
    private let filter: SocketFilter

    /// A search of samples that are all kept.
    init(_ view: HistoryView, _ period: ClosedRange<Int>, _ filter: SocketFilter) {
        self.view = view
        self.period = period
        self.filter = filter
    }

    /// The namespaces asked for, each replayed; the recorder's own first.
    func namespaces() throws -> [EphemeralNamespace] {
        let start = try view.time(of: period.lowerBound)
        let lead = try view.samples(since: start - Self.lead, until: start)?.lowerBound ?? period.lowerBound
        let oldest = try view.oldestSample()?.number ?? period.lowerBound
        let samples = max(oldest, min(lead, period.lowerBound))...period.upperBound
        let times = try view.times(of: samples)
        let limits = Dictionary(grouping: try view.limits(in: samples), by: \.namespace)
        var intervals = try intervals(samples, times, limits)
        let numbers = Set(limits.keys).union(intervals.keys).sorted()
        return try numbers.compactMap { number in
            let name = try view.namespaceName(number)
            if let wanted = filter.namespace, wanted != name { return nil }
            return EphemeralNamespace(
                number: number, name: name, intervals: intervals.removeValue(forKey: number) ?? [],
                limits: limits[number] ?? [], times: times, period: period)
        }
    }

    /// The sockets that matter: outgoing connections, and whatever stands on a port of the range. Of UDP, which has no
    /// destinations, those of the last sample.
    private func intervals(_ samples: ClosedRange<Int>, _ times: SampleTimes, _ limits: [Int: [LimitsChange]]) throws
        -> [Int: [EphemeralReplay.Interval]]
    {
        let ranges = limits.mapValues { changes in Set(changes.map(\.limits.range)) }
        let unknown: Set<PortRange> = [PortLimits.unknown.range]
        var intervals: [Int: [EphemeralReplay.Interval]] = [:]
        try view.intervals(in: samples, matching: filter) { interval in
            let isUDP = interval.table.transport == .udp
            if isUDP, interval.last < samples.upperBound { return }
            let isDestination = !isUDP && interval.role == .outgoing
            guard
                isDestination
                    || (ranges[interval.namespace] ?? unknown).contains(where: { $0.contains(interval.local.port) })
            else { return }
            intervals[interval.namespace, default: []].append(
                EphemeralReplay.Interval(interval, times))
        }
        return intervals
    }
}

extension EphemeralReplay.Interval {
    /// What a replay needs of an interval.
    init(_ interval: SocketInterval, _ times: SampleTimes) {
        self.init(
            socket: PortSpace.Socket(
                table: interval.table, state: interval.state, role: interval.role, local: interval.local,
                remote: interval.remote, since: interval.socketFirst,
                timeWaitSince: times.bootClock(interval.first) - Int64(interval.timeWaitAge) * 10),
            first: interval.first, last: interval.last, holder: interval.holder)
    }
}
