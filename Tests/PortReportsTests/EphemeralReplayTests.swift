import PortHistory
import PortModel
import TestSupport
import Testing

@testable import PortReports

@Suite struct EphemeralReplayTests {
    private typealias Interval = EphemeralReplay.Interval

    private static func times(_ samples: ClosedRange<Int>) -> SampleTimes {
        SampleTimes(samples: samples, wall: samples.map { Int64($0) * 700 }, boot: samples.map { Int64($0) * 700 })
    }

    private func listener(_ port: UInt16, _ samples: ClosedRange<Int>) -> EphemeralReplay.Interval {
        Interval(
            socket: PortSpace.Socket(
                table: .tcp, state: .listen, role: .none, local: endpoint("0.0.0.0:\(port)"),
                remote: Endpoint(.anyIPv4, 0)),
            first: samples.lowerBound, last: samples.upperBound, holder: 0)
    }

    private func outgoing(
        _ port: UInt16, _ samples: ClosedRange<Int>, since: Int? = nil, _ state: SocketState = .established
    ) -> EphemeralReplay.Interval {
        Interval(
            socket: PortSpace.Socket(
                table: .tcp, state: state, role: .outgoing, local: endpoint("127.0.0.1:\(port)"),
                remote: endpoint("127.0.0.1:80"), since: since ?? samples.lowerBound,
                timeWaitSince: Int64(samples.lowerBound) * 700),
            first: samples.lowerBound, last: samples.upperBound, holder: 0)
    }

    private func limits(_ changes: (Int, PortLimits)...) -> [LimitsChange] {
        changes.map { LimitsChange(sample: $0.0, namespace: 0, limits: $0.1) }
    }

    @Test func `the end is that of the last sample, the peak that of the period`() {
        var replay = EphemeralReplay(
            [outgoing(40000, 1...3), outgoing(40002, 5...8), outgoing(40004, 6...7), outgoing(40006, 8...10)],
            limits: limits((1, .range(40000, 40009))), times: Self.times(1...10), period: 4...10)
        #expect(replay.space.use(of: 0).used == 1)
        #expect(replay.peak(of: 0) == PeakTracker.Peak(used: 2, capacity: 10, sample: 6))
        #expect(replay.uses.map(\.sample) == [4, 5, 6, 8, 9])
    }

    @Test func `limits and listeners count from the sample on that has them`() {
        var replay = EphemeralReplay(
            [outgoing(40000, 1...9), listener(40003, 3...5)],
            limits: limits((1, .range(40000, 40009)), (7, .range(40000, 40019)), (9, .range(40000, 40004))),
            times: Self.times(1...9), period: 1...9)
        #expect(replay.space.use(of: 0).capacity == 5)
        #expect(replay.peak(of: 0) == PeakTracker.Peak(used: 1, capacity: 5, sample: 9))
    }

    @Test func `a TIME_WAIT turns reusable although no socket comes or goes`() {
        let replay = EphemeralReplay(
            [outgoing(40000, 1...9, .timeWait)], limits: limits((1, .range(40000, 40009))), times: Self.times(1...9),
            period: 1...9)
        #expect(replay.uses.map(\.used) == [1, 0])
        // 1020 ms and a little more, with a sample each 700 ms.
        #expect(replay.uses.map(\.sample) == [1, 3])
    }

    @Test func `a namespace without known limits has the kernel's defaults, and that is not certain`() {
        let replay = EphemeralReplay([outgoing(32768, 1...1)], limits: [], times: Self.times(1...1), period: 1...1)
        #expect(replay.space.capacity == 28232)
        #expect(!replay.space.isCertain)
    }

    @Test(arguments: 0..<15)
    func `a replay of random sockets is what each sample says for itself`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var intervals: [EphemeralReplay.Interval] = []
        for port in UInt16(39998)...40012 {
            var sample = Int.random(in: 1...20, using: &random)
            while sample <= 60 {
                let end = min(60, sample + Int.random(in: 0...12, using: &random))
                switch Int.random(in: 0..<6, using: &random) {
                case 0: intervals.append(listener(port, sample...end))
                case 1:
                    intervals.append(outgoing(port, sample...end))
                    if end < 60 { intervals.append(outgoing(port, end + 1...60, since: sample, .timeWait)) }
                    sample = 60
                default: intervals.append(outgoing(port, sample...end))
                }
                sample = end + Int.random(in: 1...6, using: &random)
            }
        }
        intervals.shuffle(using: &random)
        let changes = limits((1, .range(40000, 40009)), (30, .range(40002, 40011)))
        let period = 20...60
        var replay = EphemeralReplay(intervals, limits: changes, times: Self.times(1...60), period: period)

        var highest: PeakTracker.Peak?
        let destination = Destination(
            local: endpoint("127.0.0.1:0").address, remote: endpoint("127.0.0.1:0").address, remotePort: 80)
        for sample in period {
            var space = PortSpace(sample < 30 ? changes[0].limits : changes[1].limits)
            for interval in intervals where interval.first <= sample && interval.last >= sample {
                _ = space.insert(interval.socket)
            }
            space.finish(at: Int64(sample) * 700)
            let use = space.use(of: destination)
            let known = replay.uses.last { $0.sample <= sample }
            #expect(Int(known?.used ?? 0) == use.used, "seed \(seed), sample \(sample)")
            let peak = PeakTracker.Peak(used: use.used, capacity: use.capacity, sample: sample)
            if (highest?.utilization ?? -1, highest?.used ?? -1) < (peak.utilization, peak.used) { highest = peak }
            if sample == 60 { #expect(replay.space.use(of: destination) == use) }
        }
        if replay.uses.first?.sample == 20 { #expect(replay.peak(of: 0) == highest) }
    }
}
