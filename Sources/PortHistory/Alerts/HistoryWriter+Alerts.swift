import GRDB
import PortModel

/// Alerts, as the recorder keeps them.
extension HistoryWriter {
    /// The most alerts that the history keeps: no more than a sixteenth of its budget.
    var mostAlerts: Int {
        guard let budget = retention.budget else { return 10_000 }
        return Int(max(64, min(10_000, budget / 16 / 1024)))
    }

    /// The alerts that had not ended when they were written last, and those that ended after a moment. One that cannot be read is
    /// left alone: it is no reason to begin another history.
    public func alerts(endedAfter moment: Timestamp) throws(HistoryError) -> [Alert] {
        do {
            return try queue.inDatabase {
                try AlertTable.alerts(
                    where: "resolved_at IS NULL OR resolved_at >= ? ORDER BY id", [moment.milliseconds], in: $0,
                    skippingMalformed: true)
            }
        } catch {
            throw failure(error)
        }
    }

    /// How many processes could not be looked into in each sample since a moment, the newest thousand of them.
    public func permissionDenied(since moment: Timestamp) throws(HistoryError) -> [Int] {
        do {
            return try queue.inDatabase {
                try Int.fetchAll(
                    $0,
                    sql: "SELECT permission_denied FROM sample WHERE number > ? AND taken_at >= ? ORDER BY number",
                    arguments: [newestSample - 1000, moment.milliseconds])
            }
        } catch {
            throw failure(error)
        }
    }

    /// Notes what has become of the deliveries of this recorder, for those who ask, and how many alerts have not begun because too many
    /// lasted.
    public func noteAlerts(delivered: Int, failed: Int, dropped: Int, suppressed: Int) throws(HistoryError) {
        do {
            try queue.inDatabase { database in
                try writePiece(database) {
                    let counts = [
                        ("delivered", delivered), ("failed", failed), ("dropped", dropped), ("suppressed", suppressed),
                    ]
                    for (name, count) in counts {
                        try database.cachedStatement(sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)")
                            .execute(arguments: ["alerts_\(name)", count])
                    }
                }
            }
        } catch {
            throw failure(error)
        }
    }

    /// Writes alerts that began or changed, in one transaction; new ones have their numbers then.
    ///
    /// - Throws: Why nothing was written.
    public func write(_ alerts: inout [Alert], at now: Timestamp) throws(HistoryError) {
        if alerts.isEmpty { return }
        do {
            var written = alerts
            try queue.inDatabase { database in
                try writePiece(database) {
                    for index in written.indices { try AlertTable.write(&written[index], in: database) }
                    let kept = now.milliseconds.subtractingReportingOverflow(retention.hours)
                    try AlertTable.prune(
                        endedBefore: Timestamp(milliseconds: kept.overflow ? .min : kept.partialValue),
                        most: mostAlerts, in: database)
                }
            }
            alerts = written
        } catch {
            throw failure(error)
        }
    }
}
