import Foundation
import GRDB
import PortHistory
import PortModel
import TestSupport
import Testing

/// What `database check` finds, and what it does not.
struct HistoryCheckTests {
    private let small = PageLimit(rows: 7)

    @Test("nothing is wrong with what a recorder has written, over restarts, reboots and retention", arguments: 1...4)
    func sound(seed: UInt64) throws {
        let hour: Int64 = 3_600_000
        let policy = RetentionPolicy(budget: nil, samples: hour / 4, minutes: hour, hours: 3 * hour)
        let step: Int64 = seed.isMultiple(of: 2) ? 10_000 : 120_000
        let history = try RandomHistory(seed: seed, retention: policy, step: step)
        for _ in 0..<4 {
            try history.record(Int(seed) * 60)
            let check = try HistoryCheck(history.reader())
            #expect(check.problems.isEmpty, "seed \(seed), sample \(history.newest): \(check.problems.prefix(3))")
            try history.reboot()
            #expect(try HistoryCheck(history.reader(), limit: small).problems.isEmpty)
        }
        try history.record(1000)
        let last = try HistoryCheck(history.reader()).problems
        #expect(last.isEmpty, "\(last.prefix(3))")
    }

    @Test("what a recorder writes, closes and removes meanwhile is not wrong")
    func meanwhile() throws {
        let policy = RetentionPolicy(budget: nil, samples: 600_000, minutes: 1_200_000, hours: .max)
        let history = try RandomHistory(seed: 9, retention: policy)
        try history.record(200)
        let check = try HistoryCheck(history.reader(), limit: small) { try history.record(1) }
        #expect(check.problems.isEmpty)
        #expect(history.newest > 300)
    }

    @Test(
        "what portlog's tables do not have to say about each other is found",
        arguments: [
            ("DELETE FROM sample WHERE number = 50", "sample: 50 is missing"),
            ("UPDATE sample SET boot = 77 WHERE number = 50", "sample: 50: boot 77 is missing"),
            ("DELETE FROM flow WHERE id IN (SELECT flow FROM open_interval)", "open_interval: flow "),
            ("DELETE FROM address", "interval: address "),
            ("DELETE FROM holder", "interval: holder "),
            ("DELETE FROM process", "interval: process "), ("DELETE FROM namespace", "interval: namespace 0 of flow "),
            ("DELETE FROM holder", "listener_interval: holder "), ("DELETE FROM holder", "listened_port: holder "),
            ("DELETE FROM limits", "limits_change: limits "),
            ("DELETE FROM series WHERE id = 1", "minute: series 1 is missing"),
            ("DELETE FROM series WHERE id = 1", "series_now: series 1 is missing"),
            ("UPDATE open_interval SET first = 101", "open_interval: "),
            ("UPDATE interval SET span = span + (1000 << 7)", "interval: there is an interval from sample "),
            ("UPDATE listener_interval SET local_port = 70000", "listener_interval: the number 70000"),
            ("UPDATE bucket SET last = last + 3 WHERE first = 6", "bucket: the minute from sample 12 to 17 overlaps"),
            ("UPDATE bucket SET last = 200 WHERE first = 6", "bucket: there is a minute from sample 6 to 200"),
            ("DELETE FROM bucket WHERE first = 6", "minute: the bucket of sample 6 is missing"),
            ("UPDATE series_now SET level = level + 1", "series_now: series 1 is "),
            ("DELETE FROM minute", "series_now: series 1 is "),
            ("UPDATE series_now SET last = 0", "series_now: series 1 changed last with sample 0"),
            ("DELETE FROM series_now WHERE series = 2", "series: 2 is recorded"),
        ])
    func inconsistent(statement: String, problem: String) throws {
        let history = try RandomHistory(seed: 2)
        try history.record(100)
        history.close()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try DatabaseQueue(path: history.path, configuration: configuration).write { try $0.execute(sql: statement) }
        let check = try HistoryCheck(history.reader())
        let found = check.problems.map { "\($0.table): \($0.text)" }
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
    }

    @Test(
        "an hour that is not what its minutes tell is found, and a day that is not what its hours do",
        arguments: [
            ("UPDATE hour SET opened = opened + 1", "hour: series 1 in the hour of sample 1 is not what its minutes"),
            ("UPDATE hour SET peak = peak + 1", "hour: series 1 in the hour of sample 1 is not what its minutes"),
            ("DELETE FROM hour WHERE first > 1", "hour: series 1 in the hour of sample "),
            ("DELETE FROM minute WHERE first BETWEEN 3 AND 8", "hour: series "),
            ("UPDATE day SET total = total - 1", "day: series 1 in the day of sample 1 is not what its hours"),
        ])
    func differing(statement: String, problem: String) throws {
        let history = try RandomHistory(seed: 5, step: 600_000)
        try history.record(160)
        history.close()
        #expect(try HistoryCheck(history.reader(), limit: small).problems == [])
        try DatabaseQueue(path: history.path).write { try $0.execute(sql: statement) }
        let found = try HistoryCheck(history.reader(), limit: small).problems.map { "\($0.table): \($0.text)" }
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
    }

    @Test("what SQLite finds in a table is told of that table, and the others are looked at all the same")
    func damagedPage() throws {
        let history = try RandomHistory(seed: 3)
        try history.record(200)
        history.close()
        let root = try DatabaseQueue(path: history.path).inDatabase { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return try Int.fetchOne(database, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'interval'") ?? 0
        }
        let file = try #require(fopen(history.path, "r+"))
        fseek(file, (root - 1) * 4096 + 8, SEEK_SET)
        fwrite(Array(repeating: UInt8(0x7f), count: 200), 1, 200, file)
        fclose(file)
        let check = try HistoryCheck(history.reader())
        #expect(check.problems.contains { $0.table == "interval" })
        #expect(check.problems.allSatisfy { $0.table == "interval" }, "\(check.problems)")
    }

    @Test("many problems are counted, and only the first are told")
    func many() throws {
        let history = try RandomHistory(seed: 4)
        try history.record(400)
        history.close()
        try DatabaseQueue(path: history.path).write { database in
            try database.execute(sql: "DELETE FROM sample WHERE number % 2 = 0 AND number < 350")
        }
        let check = try HistoryCheck(history.reader())
        #expect(check.problems.count == HistoryCheck.most && check.omitted == 174 - HistoryCheck.most)
    }
}
