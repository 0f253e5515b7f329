import GRDB
import PortModel

extension HistoryView {
    /// The alerts that lasted at some moment of a period, by number.
    ///
    /// - Parameter after: only those with a higher number.
    public func alerts(
        since: Timestamp, until: Timestamp, matching filter: SocketFilter = SocketFilter(), after: Int = 0,
        limit: Int = .max
    ) throws -> [Alert] {
        var condition = "opened_at <= ? AND (resolved_at IS NULL OR resolved_at >= ?) AND id > ?"
        var arguments: StatementArguments = [until.milliseconds, since.milliseconds, after]
        if let namespace = filter.namespace {
            condition += " AND namespace = ?"
            arguments += [namespace]
        }
        if let transport = filter.transport {
            condition += " AND subject <= 2 AND transport = ?"
            arguments += [transport == .tcp ? 0 : 1]
        }
        return try AlertTable.alerts(
            where: condition + " ORDER BY id LIMIT ?", arguments + [limit], in: database)
    }

    /// How many alerts last now.
    public func openAlerts() throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM alert WHERE resolved_at IS NULL") ?? 0
    }
}
