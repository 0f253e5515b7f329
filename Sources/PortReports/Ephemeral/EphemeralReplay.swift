import PortHistory
import PortModel

/// The ports of one namespace, sample by sample over a period.
struct EphemeralReplay {
    /// A socket in one state while it was there.
    struct Interval {
        var socket: PortSpace.Socket
        var first: Int
        var last: Int
        var holder: Int
    }

    /// The use of a destination from a sample on.
    struct Use {
        var destination: Int32
        var sample: Int32
        var used: Int32
        var usedByTimeWait: Int32
    }

    /// The ports as they are at the last sample.
    private(set) var space: PortSpace
    /// The destination of each interval; -1 where it has none.
    private(set) var destinationOfInterval: [Int32]
    /// Every change of a destination's use in the period, by sample. At the period's first sample each one stands there.
    private(set) var uses: [Use] = []
    private var peaks = PeakTracker()

    /// Replays the intervals.
    ///
    /// - Parameters:
    ///   - limits: the limits of the namespace, by sample; the first ones count from the beginning.
    ///   - times: the samples to replay: the period and what leads up to it.
    ///   - period: the samples that uses and peaks are of.
    init(_ intervals: [Interval], limits: [LimitsChange], times: SampleTimes, period: ClosedRange<Int>) {
        let samples = times.samples
        space = PortSpace(limits.first?.limits ?? .unknown)
        destinationOfInterval = Array(repeating: -1, count: intervals.count)
        let opened = SampleBuckets(count: intervals.count, samples) { max(intervals[$0].first, samples.lowerBound) }
        let closed = SampleBuckets(count: intervals.count, samples) { intervals[$0].last + 1 }
        var places: [PortSpace.Place?] = Array(repeating: nil, count: intervals.count)
        var changes = limits.dropFirst()

        for sample in samples {
            while let change = changes.first, change.sample <= sample {
                space.setLimits(change.limits)
                changes = changes.dropFirst()
            }
            for index in opened[sample] {
                let place = space.insert(intervals[Int(index)].socket)
                places[Int(index)] = place
                destinationOfInterval[Int(index)] = Int32(space.destinationNumber(at: place) ?? -1)
            }
            space.judgeNewcomers()
            for index in closed[sample] {
                if let place = places[Int(index)] { space.remove(place) }
            }
            space.finish(at: times.bootClock(sample))
            note(sample, period)
        }
    }

    private mutating func note(_ sample: Int, _ period: ClosedRange<Int>) {
        var changed = space.takeChanges()
        if sample < period.lowerBound { return }
        if sample == period.lowerBound { changed = Array(space.destinations.indices) }
        for number in changed {
            let use = space.use(of: number)
            uses.append(
                Use(
                    destination: Int32(number), sample: Int32(sample), used: Int32(use.used),
                    usedByTimeWait: Int32(use.usedByTimeWait)))
        }
        peaks.note(
            sample: sample, capacity: space.capacity,
            uses.suffix(changed.count).lazy.map { (destination: Int($0.destination), used: Int($0.used)) })
    }

    /// The worst moment of a destination in the period.
    mutating func peak(of destination: Int) -> PeakTracker.Peak? { peaks.peak(of: destination) }
}

extension PortLimits {
    /// What is assumed of a namespace whose limits nobody has read.
    static var unknown: PortLimits {
        var limits = PortLimits()
        limits.assumed = true
        return limits
    }
}
