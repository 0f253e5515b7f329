import PortModel
import Testing

@testable import PortHistory

/// What is no longer there does not stay among what is recorded.
struct QuietSeriesTests {
    private static let hour: Int64 = 3_600_000

    @Test("a listener's series ends a day after the listener, and goes with the last hour that tells of it")
    func listeners() throws {
        let policy = RetentionPolicy(budget: nil, samples: .max, minutes: 30 * Self.hour, hours: 48 * Self.hour)
        let run = try HandwrittenRun(retention: policy)
        let series = "SELECT local_port FROM series WHERE kind IN (5, 8) ORDER BY local_port"
        let ended = "SELECT local_port FROM series WHERE until > 0"
        try run.sample([.listener(80), .listener(1000)])
        // A port that a service has left, and somebody's connection comes from.
        try run.sample([.listener(80)])
        try run.sample([.listener(80), .connection(1000, to: 1)])
        for _ in 0..<20 { try run.sample([.listener(80)], after: Self.hour) }
        #expect(try run.numbers(series) == [80, 1000, 1000])
        #expect(try run.numbers(ended) == [])
        for _ in 0..<8 { try run.sample([.listener(80)], after: Self.hour) }
        #expect(try run.numbers(ended) == [1000, 1000])
        #expect(try run.problems() == [])
        for _ in 0..<80 { try run.sample([.listener(80)], after: Self.hour) }
        #expect(try run.numbers(series) == [80])
        #expect(try run.problems() == [])
        // Nobody takes it for the port of a service any more.
        try run.sample([.listener(80), .connection(1000, to: 2)])
        #expect(try run.numbers(series) == [80])
    }

    @Test("services that have been gone for a day make room for others")
    func services() throws {
        let run = try HandwrittenRun()
        let ports = 1...UInt16(ServiceCounts.most)
        try run.sample(ports.map { .listener($0) } + ports.map { .accepted($0) })
        try run.sample(ports.prefix(10).map { .listener($0) })
        let own = "SELECT local_port FROM series WHERE kind = 1 AND local_address <> '' AND until = 0"
        #expect(try run.numbers(own).count == ServiceCounts.most)
        for _ in 0..<3 { try run.sample([.listener(1)], after: 26 * Self.hour) }
        #expect(try run.numbers(own) == Array(1...10))
        try run.sample([.listener(1), .listener(9000), .accepted(9000)])
        #expect(try run.numbers(own) == Array(1...10) + [9000])
        #expect(try run.problems() == [])
    }
}
