import TestSupport
import Testing

@testable import portlog

@Suite struct DurationAndSizeTests {
    @Test(
        "Durations are numbers with units",
        arguments: [
            ("500ms", 500), ("10s", 10_000), ("1m", 60_000), ("2h", 7_200_000), ("7d", 604_800_000),
            ("1h30m", 5_400_000),
            ("1h 30min", 5_400_000), ("0s", 0), ("1.5s", 1500), ("2 minutes", 120_000), ("1w", 604_800_000),
            ("500us", 1), ("1 s ", 1000),
            ("1M", 2_629_800_000), ("1y", 31_557_600_000), ("250 µs", 0),
        ] as [(String, Int64)])
    func durations(text: String, expected: Int64) throws {
        #expect(try DurationExpression(parsing: text).milliseconds == expected)
    }

    @Test(
        "Other durations are refused, and nothing traps",
        arguments: [
            "", "10", "s", "-1s", "+1s", "1x", "1s2", "1..5s", "1.s", ".5s", "99999999999999999999s",
            "999999999999999999y",
            "9223372036854775807us", "1h-1m", "1H", "1s ago", "١s", "nan", "inf s", "0x10s",
        ])
    func refusedDurations(text: String) {
        #expect(throws: ValueError.self) { try DurationExpression(parsing: text) }
    }

    @Test("A duration is described as it can be read again")
    func durationRoundTrip() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<1000 {
            let duration = DurationExpression(milliseconds: Int64.random(in: 0...10_000_000_000, using: &random))
            #expect(try DurationExpression(parsing: duration.description) == duration)
        }
        #expect(DurationExpression(milliseconds: 5_400_000).description == "1h30m")
    }

    @Test(
        "Sizes are bytes with or without a unit",
        arguments: [
            ("0", 0), ("4096", 4096), ("4MiB", 4 << 20), ("1GiB", 1 << 30), ("4 KiB", 4096), ("1TiB", 1 << 40),
            ("4mib", 4 << 20), ("1K", 1024),
            ("1kB", 1000), ("500MB", 500_000_000), ("1.5GiB", 3 << 29), ("10B", 10), ("9223372036854775807", Int64.max),
        ] as [(String, Int64)])
    func sizes(text: String, expected: Int64) throws {
        #expect(try SizeExpression(parsing: text).bytes == expected)
    }

    @Test(
        "Other sizes are refused, and nothing traps",
        arguments: [
            "", "-1", "+1", "MiB", "4 MiB 2", "1.5", "1.B", "4XiB", "9223372036854775808", "99999999999999999999",
            "9000000000TiB",
            "8388608TiB", "1e3", "0x10",
        ])
    func refusedSizes(text: String) {
        #expect(throws: ValueError.self) { try SizeExpression(parsing: text) }
    }

    @Test("A size is described as it can be read again")
    func sizeRoundTrip() throws {
        for bytes: Int64 in [0, 1, 1000, 1024, 4 << 20, 3 << 29, 1 << 40, (1 << 40) + 1] {
            #expect(try SizeExpression(parsing: SizeExpression(bytes: bytes).description).bytes == bytes)
        }
    }
}
