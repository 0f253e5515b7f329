import PortHistory
import PortModel
import Testing

@testable import PortReports

/// Periods of which minutes are kept and samples are not.
@Suite struct RolledUpPeriodTests {
    private typealias Socket = RecordedHost.Socket

    /// Six minutes, a sample a second: each second a connection of another process ends, and its TIME_WAIT stays for 40 s.
    private func record(_ retention: RetentionPolicy) throws -> RecordedHost {
        let host = try RecordedHost(retention: retention)
        for second in 1...360 {
            let waiting = (max(1, second - 40)...second).map { index in
                var row = Socket.connection("10.0.0.1:\(40000 + index)", "10.0.0.2:443", .timeWait)
                row.row.timerTicks = UInt32(6000 - (second - index) * 100)
                return row
            }
            var job = PortOwner.running("job", pid: Int32(second))
            job.startedAt = RecordedHost.time(second)
            let live = Socket.connection(
                "10.0.0.1:\(40001 + second)", "10.0.0.2:443", .established, inode: UInt64(second), job)
            try host.record(1, waiting + [live])
        }
        return host
    }

    private let minutesOnly = RetentionPolicy(budget: nil, samples: 120_000, minutes: .max, hours: .max)

    @Test func `a period within minutes is answered by these, says so, and tells what the samples had`() throws {
        let (whole, rolled) = (try record(.unlimited), try record(minutesOnly))
        for (since, until) in [(70, 130), (75, 80), (61, 119), (125, 300), (130, 350)] {
            let asked = PeriodQuery(since: RecordedHost.time(since), until: RecordedHost.time(until))
            let report = try rolled.ask { try TimeWaitReport.make($0, TimeWaitQuery(period: asked)) }
            // Minutes are those of the clock, and the start is at one.
            #expect(report.since == RecordedHost.time(since / 60 * 60))
            #expect(report.until == RecordedHost.time(until < 240 ? until / 60 * 60 + 59 : until))
            let same = PeriodQuery(since: report.since, until: report.until)
            let expected = try whole.ask { try TimeWaitReport.make($0, TimeWaitQuery(period: same)) }
            #expect(report.now == expected.now && report.peak == expected.peak)
            #expect(report.enteredPerSecond == expected.enteredPerSecond)
        }
    }

    @Test func `nobody is named who was not there by the end of a period`() throws {
        let host = try record(minutesOnly)
        for end in [60, 130, 200] {
            let period = PeriodQuery(since: RecordedHost.time(0), until: RecordedHost.time(end))
            let timeWaits = try host.ask { try TimeWaitReport.make($0, TimeWaitQuery(period: period)) }
            #expect(timeWaits.groups.count == 1)
            for owner in timeWaits.groups.flatMap(\.owners) { #expect(owner.owner.startedAt <= timeWaits.until) }
            let ports = try host.ask { try EphemeralReport.make($0, EphemeralQuery(period: period)) }
            for owner in ports.destinations.flatMap(\.owners) { #expect(owner.owner.startedAt <= ports.until) }
        }
    }

    @Test func `sockets of samples that are gone count, and are told apart from what a limit leaves out`() throws {
        let host = try RecordedHost(retention: minutesOnly)
        let web = PortOwner.running("web", pid: 5)
        for second in 1...360 {
            let client = Socket.connection("10.0.0.1:80", "10.0.0.9:\(30000 + second)", inode: UInt64(second), web)
            try host.record(1, [.listener("10.0.0.1:80", inode: 9_000_000, web), client])
        }
        let period = PeriodQuery(since: RecordedHost.time(0), until: RecordedHost.time(360))
        let report = try host.ask { try WhoReport.make($0, WhoQuery(port: 80, period: period, limit: 0)) }
        #expect(report.count == 361, "\(report.count) \(report.omitted) \(report.untold) \(report.holders.count)")
        #expect(report.omitted == report.untold && report.untold == 361 - report.holders.count)
        #expect((1..<240).contains(report.untold))
    }
}
