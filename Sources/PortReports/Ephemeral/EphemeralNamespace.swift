import PortHistory
import PortModel

/// One namespace over the period, replayed, and what `ephemeral` says about it.
final class EphemeralNamespace: CurrentPorts {
    /// The number of the namespace.
    let number: Int
    /// Its name.
    let name: String
    private let intervals: [EphemeralReplay.Interval]
    private let times: SampleTimes
    private let period: ClosedRange<Int>
    private var replay: EphemeralReplay

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
    var range: EphemeralReport.Range { EphemeralReport.Range(namespace: name, replay.space.limits) }

    /// The pools of bind(), of one protocol or both.
    func pools(_ transport: TransportProtocol?) -> [EphemeralReport.Pool] {
        TransportProtocol.allCases.filter { transport == nil || transport == $0 }.map { transport in
            EphemeralReport.Pool(namespace: name, transport, replay.space.bindPool(transport))
        }
    }

    /// The destinations with a socket in the period, with their worst moments.
    func peaks() -> [PortModel.Destination: SeriesPeak] {
        var isThere = Array(repeating: false, count: replay.space.destinations.count)
        for (index, interval) in intervals.enumerated() where interval.last >= period.lowerBound {
            let number = Int(replay.destinationOfInterval[index])
            if number >= 0 { isThere[number] = true }
        }
        var peaks: [PortModel.Destination: SeriesPeak] = [:]
        for number in isThere.indices where isThere[number] {
            let use = replay.space.use(of: number)
            let peak =
                replay.peak(of: number)
                ?? PeakTracker.Peak(used: use.used, capacity: use.capacity, sample: period.upperBound)
            peaks[replay.space.destinations[number]] = SeriesPeak(
                level: peak.used, capacity: peak.capacity, at: times[peak.sample].milliseconds)
        }
        return peaks
    }

    /// How far the ports towards a destination are used at the last sample.
    func use(of destination: PortModel.Destination) -> DestinationUse { replay.space.use(of: destination) }

    /// Whether free ports are not an upper bound.
    var isCertain: Bool { replay.space.isCertain }

    /// Whose some destinations are, and where their use is going.
    func details(of destinations: [PortModel.Destination])
        -> [PortModel.Destination: (owners: OwnerTally, trend: UsageTrend?)]
    {
        var numbers: [Int: PortModel.Destination] = [:]
        for destination in destinations {
            if let number = replay.space.number(of: destination) { numbers[number] = destination }
        }
        var tallies = numbers.mapValues { _ in OwnerTally() }
        var starts: [Int: [UsageTrend.Start]] = [:]
        let window = self.window
        let oldest = times.bootClock(window.lowerBound) - TimeWaitReuse.length
        for (index, interval) in intervals.enumerated() where interval.last >= period.lowerBound {
            let number = Int(replay.destinationOfInterval[index])
            if tallies[number] == nil { continue }
            tallies[number]?.add(holder: interval.holder, isAtEnd: interval.last >= period.upperBound)
            if interval.socket.state == .timeWait, interval.last >= window.lowerBound,
                interval.socket.timeWaitSince >= oldest
            {
                starts[number, default: []].append(.init(time: interval.socket.timeWaitSince, count: 1))
            }
        }
        let points = points(Set(numbers.keys), window)
        var details: [PortModel.Destination: (owners: OwnerTally, trend: UsageTrend?)] = [:]
        for (number, destination) in numbers {
            let trend = UsageTrend(
                points[number] ?? [], timeWaitStarts: starts[number] ?? [],
                timeWaitsLast: !reuse.applies(to: destination), capacity: replay.space.capacity)
            details[destination] = (tallies[number] ?? OwnerTally(), trend)
        }
        return details
    }

    private var reuse: TimeWaitReuse { TimeWaitReuse(replay.space.limits) }

    // MARK: - Over time

    /// The ports used towards a destination at each sample of the period, added to what is known of others.
    func addUse(of destination: PortModel.Destination, to timeline: inout Timeline) {
        var counts = Array(repeating: 0, count: period.count)
        var position = 0
        var used = 0
        if let number = replay.space.number(of: destination) {
            for use in replay.uses where use.destination == Int32(number) {
                let next = Int(use.sample) - period.lowerBound
                while position < next {
                    counts[position] = used
                    position += 1
                }
                used = Int(use.used)
            }
        }
        for rest in position..<counts.count { counts[rest] = used }
        timeline.add(counts, from: period.lowerBound, times)
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
