import Logging
import PortHistory
import PortModel
import PortRecorder
import ProcFS
import Testing

/// The kernel's counters in a sample.
struct CountersTests {
    @Test("counters that cannot be read for once stand as they stood, and the sample says so")
    func unread() throws {
        let proc = try FakeProc()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let clock = HostClock(wall: { Timestamp(milliseconds: 1_000_000) }, boot: { 500_000 }, cpu: { 0 })
        let sampler = Sampler(
            try HistoryWriter(path: proc.root + "/history.db", host: "test", bootID: "boot"),
            proc: ProcFS(root: proc.root), clock: clock, interval: .seconds(1), logger: logger)
        var found: [Int64] = []
        var known: [Bool] = []
        for counter in [nil, 7, nil, 9] {
            try proc.setCounters(counter)
            let sample = try sampler.sample(missed: 0)
            found.append(sample.listenOverflows)
            known.append(sample.areCountersKnown)
        }
        #expect(found == [0, 7, 7, 9] && known == [false, true, false, true])
    }
}
