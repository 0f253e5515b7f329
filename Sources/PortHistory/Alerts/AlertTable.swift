import Foundation
import GRDB
import PortModel

/// The table `alert`. Its rows refer to nothing: they outlive the samples that they were seen in.
enum AlertTable {
    private static let columns = [
        "rule", "severity", "subject", "namespace", "transport", "local_address", "local_port", "remote_address",
        "remote_port", "detail", "opened_at", "worsened_at", "resolved_at", "times", "value", "peak", "peak_at",
        "exhausted_at", "silenced", "owners", "message", "advice",
    ]

    /// Writes an alert, and gives a new one its number.
    static func write(_ alert: inout Alert, in database: Database) throws {
        let values = try values(of: alert)
        if alert.id == 0 {
            let marks = columns.map { _ in "?" }.joined(separator: ", ")
            try database.cachedStatement(
                sql: "INSERT INTO alert (\(columns.joined(separator: ", "))) VALUES (\(marks))"
            ).execute(arguments: StatementArguments(values))
            alert.id = Int(database.lastInsertedRowID)
            return
        }
        let names = columns.map { "\($0) = ?" }.joined(separator: ", ")
        try database.cachedStatement(sql: "UPDATE alert SET \(names) WHERE id = ?")
            .execute(arguments: StatementArguments(values + [alert.id]))
    }

    private static func values(of alert: Alert) throws -> [(any DatabaseValueConvertible)?] {
        let subject = alert.subject
        return [
            alert.rule.rawValue, alert.severity.rawValue, subject.kind.rawValue, subject.namespace,
            subject.transport == .tcp ? 0 : 1, subject.local?.address.description ?? "",
            Int(subject.local?.port ?? 0), subject.remote?.address.description ?? "", Int(subject.remote?.port ?? 0),
            subject.detail, alert.openedAt.milliseconds, alert.worsenedAt?.milliseconds,
            alert.resolvedAt?.milliseconds, alert.times, alert.value, alert.peak, alert.peakAt.milliseconds,
            alert.exhaustedAt?.milliseconds, alert.isSilenced, try json(alert.owners.map(StoredOwner.init)),
            alert.message, try json(alert.advice),
        ]
    }

    /// Alerts that a condition selects, by number.
    ///
    /// - Parameter skippingMalformed: what cannot be read is left out; else it is an error.
    static func alerts(
        where condition: String, _ arguments: StatementArguments = [], in database: Database,
        skippingMalformed: Bool = false
    ) throws -> [Alert] {
        let rows = try Row.fetchAll(database, sql: "SELECT * FROM alert WHERE \(condition)", arguments: arguments)
        return skippingMalformed ? rows.compactMap { try? alert($0) } : try rows.map(alert)
    }

    /// Removes what ended long ago, and the oldest of what ended where there are too many. The newest of all stays, so that no number
    /// is given twice.
    ///
    /// - Parameters:
    ///   - oldest: what ended before is not kept.
    ///   - most: so many are kept.
    static func prune(endedBefore oldest: Timestamp, most: Int, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM alert WHERE resolved_at < ? AND id < (SELECT max(id) FROM alert)",
            arguments: [oldest.milliseconds])
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM alert") ?? 0
        if count <= most { return }
        try database.execute(
            sql: """
                DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE resolved_at IS NOT NULL
                    AND id < (SELECT max(id) FROM alert) ORDER BY resolved_at LIMIT ?)
                """, arguments: [count - most])
    }

    // MARK: - A row

    private static func alert(_ row: Row) throws -> Alert {
        let rule: String = try row.checked("rule")
        let severity: Int = try row.checked("severity")
        let kind: Int = try row.checked("subject")
        guard let rule = AlertRule(rawValue: rule), let severity = AlertSeverity(rawValue: severity),
            let kind = AlertSubject.Kind(rawValue: kind)
        else { throw malformed(row) }
        var subject = AlertSubject(
            kind, namespace: try row.checked("namespace"),
            transport: try row.checked("transport") == 0 ? .tcp : .udp, detail: try row.checked("detail"))
        subject.local = try endpoint(row, "local")
        subject.remote = try endpoint(row, "remote")
        var alert = Alert(
            id: try row.checked("id"), rule: rule, severity: severity, subject: subject,
            openedAt: Timestamp(milliseconds: try row.checked("opened_at")), value: try row.checked("value"),
            owners: try decoded([StoredOwner].self, row, "owners").map(\.owner), message: try row.checked("message"),
            advice: try decoded([String].self, row, "advice"))
        alert.worsenedAt = try time(row, "worsened_at")
        alert.resolvedAt = try time(row, "resolved_at")
        alert.times = try row.checked("times")
        alert.peak = try row.checked("peak")
        alert.peakAt = Timestamp(milliseconds: try row.checked("peak_at"))
        alert.exhaustedAt = try time(row, "exhausted_at")
        alert.isSilenced = try row.checked("silenced")
        return alert
    }

    private static func endpoint(_ row: Row, _ side: String) throws -> Endpoint? {
        let text: String = try row.checked("\(side)_address")
        if text.isEmpty { return nil }
        guard let address = IPAddress(text) else { throw malformed(row) }
        return Endpoint(address, try UInt16(checked: row.checked("\(side)_port")))
    }

    private static func time(_ row: Row, _ column: String) throws -> Timestamp? {
        let milliseconds: Int64? = try row.checked(column)
        return milliseconds.map { Timestamp(milliseconds: $0) }
    }

    private static func decoded<T: Decodable>(_: T.Type, _ row: Row, _ column: String) throws -> T {
        let text: String = try row.checked(column)
        do { return try JSONDecoder().decode(T.self, from: Data(text.utf8)) } catch { throw malformed(row) }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func malformed(_ row: Row) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an alert cannot be read: \(row["id"] ?? 0)")
    }
}

/// A process as an alert holds it.
private struct StoredOwner: Codable {
    var pid: Int32
    var startTicks: UInt64
    var startedAt: Int64
    var command: String
    var executable: String?
    var uid: UInt32
    var unit: String?
    var container: String?

    private enum CodingKeys: String, CodingKey {
        case pid, command, executable, uid, unit, container
        case startTicks = "start_ticks"
        case startedAt = "started_at_ms"
    }

    init(_ owner: PortOwner) {
        pid = owner.pid
        startTicks = owner.startTicks
        startedAt = owner.startedAt.milliseconds
        command = owner.command
        executable = owner.executable
        uid = owner.uid
        unit = owner.unit
        container = owner.container
    }

    var owner: PortOwner {
        PortOwner(
            pid: pid, startTicks: startTicks, startedAt: Timestamp(milliseconds: startedAt), command: command,
            executable: executable, uid: uid, unit: unit, container: container)
    }
}
