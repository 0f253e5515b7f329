import GRDB
import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// Alerts in the history: they come back as they were, and there are never too many.
struct AlertTableTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
    }

    private func writer(_ retention: RetentionPolicy = .standard) throws -> HistoryWriter {
        let writer = try HistoryWriter(path: path, host: "test", bootID: "boot", retention: retention)
        // A history without a sample is removed when it is closed.
        let snapshots = [Snapshot(rows: [])]
        try writer.append(SampleRecord(takenAt: Timestamp(milliseconds: 0)), snapshots, writer.compare(snapshots))
        return writer
    }

    private func alert(_ number: Int, resolved: Int64? = nil) throws -> Alert {
        let owner = PortOwner(
            pid: 7, startTicks: .max, startedAt: Timestamp(milliseconds: -5), command: "\u{1b}\"x\n", executable: nil,
            uid: .max, unit: "a.service", container: "c")
        var alert = Alert(
            rule: AlertRule.allCases[number % AlertRule.allCases.count], severity: .critical,
            subject: AlertSubject(
                AlertSubject.Kind.allCases[number % 6], namespace: "n\(number)", transport: .udp,
                local: Endpoint(try #require(IPAddress("2001:db8::1")), 0),
                remote: number.isMultiple(of: 2) ? Endpoint(try #require(IPAddress("10.0.0.5")), 65535) : nil,
                detail: "d'"), openedAt: Timestamp(milliseconds: Int64(number) * 1000), value: 0.5,
            owners: [owner, owner],
            message: "m\u{202e}", advice: ["a", "b;\"c"])
        alert.resolvedAt = resolved.map { Timestamp(milliseconds: $0) }
        alert.exhaustedAt = Timestamp(milliseconds: 9)
        (alert.peak, alert.peakAt, alert.times, alert.isSilenced) = (0.75, Timestamp(milliseconds: 3), 4, true)
        return alert
    }

    private func rows() throws -> [Alert] {
        try HistoryReader(path: path).read {
            try $0.alerts(since: Timestamp(milliseconds: .min), until: Timestamp(milliseconds: .max))
        }
    }

    @Test("what could not be looked into is told of the samples since a moment, in their order")
    func permissions() throws {
        let writer = try writer()
        let snapshots = [Snapshot(rows: [])]
        for denied in 1...5 {
            let time = Timestamp(milliseconds: Int64(denied) * 1000)
            try writer.append(
                SampleRecord(takenAt: time, bootClock: time.milliseconds, permissionDenied: denied), snapshots,
                writer.compare(snapshots))
        }
        #expect(try writer.permissionDenied(since: Timestamp(milliseconds: 3000)) == [3, 4, 5])
        #expect(try writer.permissionDenied(since: Timestamp(milliseconds: 9000)) == [])
    }

    @Test("what is written is read, field for field, of every rule and kind")
    func roundTrip() throws {
        let writer = try writer()
        var alerts = try (0..<30).map { try alert($0, resolved: $0 < 10 ? nil : Int64($0) * 2000) }
        try writer.write(&alerts, at: Timestamp(milliseconds: 0))
        #expect(alerts.map(\.id) == Array(1...30))
        #expect(try rows() == alerts)
        alerts[3].resolvedAt = Timestamp(milliseconds: 99)
        alerts[3].worsenedAt = Timestamp(milliseconds: 98)
        var changed = [alerts[3]]
        try writer.write(&changed, at: Timestamp(milliseconds: 0))
        #expect(try rows() == alerts)
        #expect(
            try writer.alerts(endedAfter: Timestamp(milliseconds: 50_000)).map(\.id) == [1, 2, 3, 5, 6, 7, 8, 9, 10]
                + Array(26...30))
        writer.close()
        let next = try self.writer()
        #expect(try next.alerts(endedAfter: Timestamp(milliseconds: .min)) == alerts)
        next.close()
    }

    @Test("what ended long ago goes, then the oldest of what ended; what lasts and the newest number stay")
    func pruning() throws {
        let hour: Int64 = 3_600_000
        let writer = try writer(RetentionPolicy(budget: 1 << 20, samples: hour, minutes: hour, hours: 10 * hour))
        #expect(writer.mostAlerts == 64)
        for start in stride(from: 0, to: 300, by: 50) {
            var alerts = try (start..<(start + 50)).map {
                try alert($0, resolved: $0 == 0 ? nil : 30 * hour + Int64($0))
            }
            try writer.write(&alerts, at: Timestamp(milliseconds: 31 * hour))
        }
        #expect(try rows().count == 64 && rows().first?.id == 1 && rows().last?.id == 300)
        var last = try [alert(300, resolved: 60 * hour)]
        try writer.write(&last, at: Timestamp(milliseconds: 60 * hour))
        #expect(try rows().map(\.id) == [1, 301])
        writer.close()
    }

    @Test("an alert that cannot be read is damage for those who ask, and nothing for a recorder")
    func damage() throws {
        let writer = try writer()
        var alerts = [try alert(1)]
        try writer.write(&alerts, at: Timestamp(milliseconds: 0))
        writer.close()
        for change in [
            "rule = 'x'", "severity = 9", "owners = '['", "local_address = 'x'",
            "remote_port = 70000, remote_address = '::1'",
        ] {
            try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE alert SET \(change)") }
            #expect(throws: HistoryError.self, "\(change)") { try rows() }
            let next = try self.writer()
            #expect(try next.alerts(endedAfter: Timestamp(milliseconds: .min)).isEmpty, "\(change)")
            next.close()
        }
    }
}
