import Foundation
import PortModel
import TestSupport
import Testing

@testable import portlog

@Suite struct TimeExpressionTests {
    private func utc(_ text: String) throws -> String {
        try TimeExpression(parsing: text).timestamp(now: TestWorld.now, in: .utc).rfc3339
    }

    @Test(
        "What journalctl takes is understood",
        arguments: [
            ("2026-11-22 10:30:00", "2026-11-22T10:30:00.000Z"),
            ("2026-11-22 10:30", "2026-11-22T10:30:00.000Z"),
            ("2026-11-22", "2026-11-22T00:00:00.000Z"),
            ("26-11-22 10:30:00", "2026-11-22T10:30:00.000Z"),
            ("2026-1-2 3:04", "2026-01-02T03:04:00.000Z"),
            ("Sun 2026-11-22 10:30:00", "2026-11-22T10:30:00.000Z"),
            ("sunday 2026-11-22", "2026-11-22T00:00:00.000Z"),
            ("2026-11-22 10:30:00.25", "2026-11-22T10:30:00.250Z"),
            ("2026-11-22 10:30:00.9999999", "2026-11-22T10:30:00.999Z"),
            ("2026-11-22 10:30:00 UTC", "2026-11-22T10:30:00.000Z"),
            ("2026-11-22T10:30:00Z", "2026-11-22T10:30:00.000Z"),
            ("2026-11-22t10:30:00.123z", "2026-11-22T10:30:00.123Z"),
            ("2026-11-22T10:30:00+01:00", "2026-11-22T09:30:00.000Z"),
            ("2026-11-22T10:30:00-0530", "2026-11-22T16:00:00.000Z"),
            ("2026-11-22 10:30:00 +01:00", "2026-11-22T09:30:00.000Z"),
            ("2026-11-22 10:30 -03", "2026-11-22T13:30:00.000Z"),
            ("2026-11-22T10:30:00", "2026-11-22T10:30:00.000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
            ("10:30", "2026-11-22T10:30:00.000Z"),
            ("23:59:15", "2026-11-22T23:59:15.000Z"),
            ("0:00", "2026-11-22T00:00:00.000Z"),
            ("now", "2026-11-22T10:30:00.000Z"),
            (" now ", "2026-11-22T10:30:00.000Z"),
            ("today", "2026-11-22T00:00:00.000Z"),
            ("yesterday", "2026-11-21T00:00:00.000Z"),
            ("tomorrow", "2026-11-23T00:00:00.000Z"),
            ("-2h", "2026-11-22T08:30:00.000Z"),
            ("- 2h", "2026-11-22T08:30:00.000Z"),
            ("+5m", "2026-11-22T10:35:00.000Z"),
            ("-90", "2026-11-22T10:28:30.000Z"),
            ("-1.5h", "2026-11-22T09:00:00.000Z"),
            ("2h ago", "2026-11-22T08:30:00.000Z"),
            ("1h 30min ago", "2026-11-22T09:00:00.000Z"),
            ("1h30min ago", "2026-11-22T09:00:00.000Z"),
            ("2 days ago", "2026-11-20T10:30:00.000Z"),
            ("5 minutes left", "2026-11-22T10:35:00.000Z"),
            ("500ms ago", "2026-11-22T10:29:59.500Z"),
            ("-1w", "2026-11-15T10:30:00.000Z"),
            ("-1y", "2025-11-22T04:30:00.000Z"),
            ("@1763807400", "2025-11-22T10:30:00.000Z"),
            ("@1763807400.5", "2025-11-22T10:30:00.500Z"),
            ("@0", "1970-01-01T00:00:00.000Z"),
            ("1969-12-31 23:59:59", "1969-12-31T23:59:59.000Z"),
            ("0001-01-01", "0001-01-01T00:00:00.000Z"),
            ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        ])
    func understood(text: String, expected: String) throws {
        #expect(try utc(text) == expected)
    }

    @Test(
        "Everything else is refused, and nothing traps",
        arguments: [
            "", " ", "-", "+", "@", "@x", "@-5", "@1.", "soon", "10", "2026", "2026-11", "2026-13-01", "2026-02-29",
            "2026-11-31",
            "2026-00-10", "2026-11-00", "24:00", "10:60", "10:30:61", "1030", "10:3", "10:30:", "2026-11-22 25:00",
            "2026-11-22 x",
            "Mon 2026-11-22", "Foo 2026-11-22", "2026-11-22T", "2026-11-22T10:30:00+25:00", "2026-11-22T10:30:00+1:00",
            "-2parsec", "2h", "2h ago ago", "ago", "-2h ago", "-99999999999999999999h", "@99999999999999999999999",
            "-999999999999999999y",
            "@253402300800", "+9000y", "-9000y", "0000-01-01", "10000-01-01", "999-01-01", "2026-11-22 10:30 CEST",
            "today 10:30", "-1.h",
            "2026-11-22 10:30:00 Europe/Berlin", "\u{1b}[31m", "١٠:٣٠", "- -2h", "--2h", "1e9s ago",
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) { try utc(text) }
    }

    @Test("An error says what is allowed")
    func message() {
        let error = #expect(throws: ValueError.self) { try TimeExpression(parsing: "soon") }
        #expect(error?.description.contains("2h ago") == true)
        let weekday = #expect(throws: ValueError.self) { try TimeExpression(parsing: "Mon 2026-11-22") }
        #expect(weekday?.description == "2026-11-22 is a Sunday")
    }

    @Test("A hundred thousand mutations of times never trap")
    func mutations() {
        var random = SeededGenerator(seed: 7)
        let seeds = [
            "2026-11-22 10:30:00.5 UTC", "Sun 2026-11-22T10:30:00+01:00", "1h 30min ago", "@1763807400.5",
            "-99999999999h",
        ]
        let bytes = Array("0123456789:-+@. TZagohUCmsyµ".utf8) + [0, 27, 200, 255]
        for round in 0..<100_000 {
            var text = Array(seeds[round % seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[index] = bytes.randomElement(using: &random) ?? 0
                case 1: text.insert(bytes.randomElement(using: &random) ?? 0, at: index)
                default: if text.count > 1 { text.remove(at: index) }
                }
            }
            if let time = try? utc(String(decoding: text, as: UTF8.self)) { #expect(time.count == 24) }
        }
    }

    @Test("Local times follow the clocks of the time zone, through both changes of the clocks")
    func daylightSaving() async {
        // A process of its own: the time zone belongs to the whole process.
        await #expect(processExitsWith: .success) {
            setenv("TZ", "Europe/Berlin", 1)
            let local = LocalTime.system()
            func resolved(_ text: String, now: String = "2026-11-22T10:30:00Z") throws -> String {
                let now = try TimeExpression(parsing: now).timestamp(now: TestWorld.now, in: .utc)
                return try TimeExpression(parsing: text).timestamp(now: now, in: local).rfc3339
            }
            let cases = [
                ("2026-11-22 10:30:00", "2026-11-22T09:30:00.000Z"),
                ("2026-07-22 10:30:00", "2026-07-22T08:30:00.000Z"),
                ("10:30", "2026-11-22T09:30:00.000Z"), ("today", "2026-11-21T23:00:00.000Z"),
                ("2026-11-22 10:30 UTC", "2026-11-22T10:30:00.000Z"),
                ("2026-11-22 10:30 CET", "2026-11-22T09:30:00.000Z"),
                // Shown twice: the abbreviation says which.
                ("2026-10-25 02:30 CEST", "2026-10-25T00:30:00.000Z"),
                ("2026-10-25 02:30 CET", "2026-10-25T01:30:00.000Z"),
                // On both sides of the hour that is left out.
                ("2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"),
                ("2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z"),
                ("2026-03-29", "2026-03-28T23:00:00.000Z"), ("2026-03-30", "2026-03-29T22:00:00.000Z"),
            ]
            for (text, expected) in cases { #expect(try resolved(text) == expected, "\(text)") }
            // The day after the change: yesterday had 25 hours.
            #expect(try resolved("yesterday", now: "2026-10-26T08:00:00Z") == "2026-10-24T22:00:00.000Z")
            // In UTC it is still the 21st, in Berlin the 22nd.
            #expect(try resolved("today", now: "2026-11-21T23:30:00Z") == "2026-11-21T23:00:00.000Z")
            #expect(try resolved("today UTC", now: "2026-11-21T23:30:00Z") == "2026-11-21T00:00:00.000Z")
            // A left-out hour is some moment near it, and no error.
            #expect(try resolved("2026-03-29 02:30").hasPrefix("2026-03-29T0"))
            #expect(throws: PortlogError.self) { try resolved("2026-11-22 10:30 PST") }
            var page = Page(world: TestWorld().world, color: .never)
            page.localTime = local
            let summer = try TimeExpression(parsing: "2026-10-25T00:30:00Z").timestamp(now: TestWorld.now, in: .utc)
            #expect(page.zonedTime(summer) == "2026-10-25 02:30:00 CEST")
            #expect(page.period(since: summer, until: summer + 3_600_000) == "2026-10-25 02:30:00 CEST to 02:30:00 CET")
        }
    }

    @Test("Days are counted as libc counts them")
    func dayNumbers() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let day = Int64.random(in: -719_162...2_932_896, using: &random)
            let civil = LocalTime.utc.reading(day * 86_400).civil
            #expect(Int64(civil.daysSinceEpoch) == day)
            #expect(civil.isValid)
        }
        #expect(CivilTime(year: 2026, month: 11, day: 22).weekday == 0)
        #expect(CivilTime(year: 1969, month: 12, day: 31).weekday == 3)
    }
}
