import PortHistory
import PortModel

/// One namespace over the period, replayed, and what `ephemeral` says about it.
final class EphemeralNamespace {
    /// A destination with a socket in the period, and what it is sorted by.
    struct Found {
        /// Its number in the replay.
        var number: Int
        var destination: PortModel.Destination
        var use: DestinationUse
        var peak: PeakTracker.Peak

        /// The worse before; `nil` when only the namespaces can differ.
        func isOrdered(before other: Found) -> Bool? {
            let mine = (use.utilization, use.used, peak.utilization, peak.used)
            let others = (other.use.utilization, other.use.used, other.peak.utilization, other.peak.used)
            if mine != others { return mine > others }
            return destination == other.destination ? nil : destination < other.destination
        }
    }

    /// The number of the namespace.
    let number: Int
    /// Its name.
    let name: String
    private let intervals: [EphemeralReplay.Interval]
    private let times: SampleTimes
    private let period: ClosedRange<Int>
    private var replay: EphemeralReplay
    private var peaks: [Int: PeakTracker.Peak] = [:]

    /// Replays a namespace.
    ///
    /// - Parameters:
    ///   - times: the samples to replay: the period and what leads up to it.
    ///   - period: the samples that the answer is about.
    init(
        number: Int, name: String, intervals: [EphemeralReplay.Interval], limits: [LimitsChange], times: SampleTimes,
        period: ClosedRange<Int>
    ) {
        self.number = number
        self.name = name
        self.intervals = intervals
        self.times = times
        self.period = period
        replay = EphemeralReplay(intervals, limits: limits, times: times, period: period)
    }

    /// The range in force at the last sample.
    var range: EphemeralReport.Range {
        let limits = replay.space.limits
        return EphemeralReport.Range(
            namespace: name, first: limits.range.first, last: limits.range.last,
            reserved: limits.range.count - limits.choosable, reservedPorts: limits.reserved.list,
            size: limits.range.count, twReuse: limits.timeWaitReuse, assumed: limits.assumed)
    }

    /// The pools of bind(), of one protocol or both.
    func pools(_ transport: TransportProtocol?) -> [EphemeralReport.Pool] {
        TransportProtocol.allCases.filter { transport == nil || transport == $0 }.map { transport in
            let pool = replay.space.bindPool(transport)
            return EphemeralReport.Pool(
                namespace: name, transport: transport, capacity: pool.capacity, used: pool.used, free: pool.free,
                utilization: pool.utilization)
        }
    }

    /// The destinations with a socket in the period, in no order.
    func found() -> [Found] {
        var isThere = Array(repeating: false, count: replay.space.destinations.count)
        for (index, interval) in intervals.enumerated() where interval.last >= period.lowerBound {
            let number = Int(replay.destinationOfInterval[index])
            if number >= 0 { isThere[number] = true }
        }
        return isThere.indices.filter { isThere[$0] }.map { number in
            let use = replay.space.use(of: number)
            let peak =
                replay.peak(of: number)
                ?? PeakTracker.Peak(used: use.used, capacity: use.capacity, sample: period.upperBound)
            peaks[number] = peak
            return Found(number: number, destination: replay.space.destinations[number], use: use, peak: peak)
        }
    }

    /// The entries of some destinations, by number.
    func destinations(_ numbers: [Int], _ holder: (Int) throws -> Holder) rethrows
        -> [Int: EphemeralReport.Destination]
    {
        var tallies = Dictionary(uniqueKeysWithValues: numbers.map { ($0, OwnerTally()) })
        var starts: [Int: [Int64]] = [:]
        let window = self.window
        let oldest = times.bootClock(window.lowerBound) - TimeWaitReuse.length
        for (index, interval) in intervals.enumerated() where interval.last >= period.lowerBound {
            let number = Int(replay.destinationOfInterval[index])
            if tallies[number] == nil { continue }
            tallies[number]?.add(holder: interval.holder, isAtEnd: interval.last >= period.upperBound)
            if interval.socket.state == .timeWait, interval.last >= window.lowerBound,
                interval.socket.timeWaitSince >= oldest
            {
                starts[number, default: []].append(interval.socket.timeWaitSince)
            }
        }
        let points = points(Set(numbers), window)
        return try Dictionary(
            uniqueKeysWithValues: numbers.map { number in
                let trend = UsageTrend(
                    points[number] ?? [], timeWaitStarts: starts[number] ?? [],
                    timeWaitsLast: !reuse.applies(to: replay.space.destinations[number]),
                    capacity: replay.space.capacity)
                return (number, entry(number, try tallies[number]?.summary(holder) ?? .init(), trend))
            })
    }

    private var reuse: TimeWaitReuse { TimeWaitReuse(replay.space.limits) }

    private func entry(_ number: Int, _ owners: OwnerTally.Summary, _ trend: UsageTrend?)
        -> EphemeralReport.Destination
    {
        let destination = replay.space.destinations[number]
        let use = replay.space.use(of: number)
        let peak =
            peaks[number] ?? PeakTracker.Peak(used: use.used, capacity: use.capacity, sample: period.upperBound)
        return EphemeralReport.Destination(
            namespace: name, family: destination.family, localAddress: destination.local.description,
            remoteAddress: destination.remote.description, remotePort: destination.remotePort, owners: owners.owners,
            ownersOmitted: owners.omitted, capacity: use.capacity, used: use.used, reusable: use.reusable,
            free: use.free, utilization: use.utilization, certain: replay.space.isCertain,
            slowConnect: use.slowConnect,
            peak: EphemeralReport.Peak(used: peak.used, utilization: peak.utilization, at: times[peak.sample]),
            portsPerMinute: (trend?.portsPerMinute).map { ($0 * 100).rounded() / 100 },
            exhaustedAt: (trend?.exhaustedAfter).map { times[period.upperBound] + $0 })
    }

    // MARK: - Over time

    /// The ports used towards a destination, one point a sample or the highest of more.
    func series(of number: Int) -> [SeriesPoint] {
        var counts = Array(repeating: 0, count: period.count)
        var position = 0
        var used = 0
        for use in replay.uses where use.destination == Int32(number) {
            let next = Int(use.sample) - period.lowerBound
            while position < next {
                counts[position] = used
                position += 1
            }
            used = Int(use.used)
        }
        for rest in position..<counts.count { counts[rest] = used }
        return SeriesPoint.series(of: counts, period, times)
    }

    /// The samples that a trend is seen in: the newest of this boot, at least three where there are as many.
    private var window: ClosedRange<Int> {
        let end = times.bootClock(period.upperBound)
        var first = period.upperBound
        while first > period.lowerBound, times.bootClock(first - 1) < times.bootClock(first) {
            let isNew = times.bootClock(first - 1) >= end - UsageTrend.window
            if !isNew, period.upperBound - first >= 2 { break }
            first -= 1
        }
        return first...period.upperBound
    }

    /// The use of some destinations at each sample of the window.
    private func points(_ numbers: Set<Int>, _ window: ClosedRange<Int>) -> [Int: [UsageTrend.Point]] {
        var uses: [Int: [EphemeralReplay.Use]] = [:]
        for use in replay.uses where numbers.contains(Int(use.destination)) {
            // Of those before the window the last one counts.
            if Int(use.sample) <= window.lowerBound { uses[Int(use.destination)] = nil }
            uses[Int(use.destination), default: []].append(use)
        }
        return uses.mapValues { uses in
            var next = uses[...]
            var now = UsageTrend.Point(time: 0, used: 0, usedByTimeWait: 0)
            return window.map { sample in
                while let use = next.first, Int(use.sample) <= sample {
                    now.used = Int(use.used)
                    now.usedByTimeWait = Int(use.usedByTimeWait)
                    next = next.dropFirst()
                }
                now.time = times.bootClock(sample)
                return now
            }
        }
    }
}
