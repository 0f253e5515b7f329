import GRDB
import PortModel

/// How a writer goes on: at its start, and after an append that failed.
extension HistoryWriter {
    /// Reads the memory from the file.
    func resume() throws {
        try queue.inDatabase { database in
            isStale = true
            sideTables.forget()
            open = OpenSockets()
            listeners = ListenerMemory()
            newestSample = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
            newestBootClock =
                try Int64.fetchOne(
                    database, sql: "SELECT boot_clock FROM sample WHERE number = ?", arguments: [newestSample]) ?? 0
            namespaces = Set(try Int.fetchAll(database, sql: "SELECT id FROM namespace"))
            limitsInForce = [:]
            if newestSample > 0 {
                for change in try LimitsTable.changes(in: newestSample...newestSample, from: database) {
                    limitsInForce[change.namespace] = change.limits
                }
            }
            let lastBoot = try String.fetchOne(
                database, sql: "SELECT boot_id FROM boot JOIN sample ON boot.id = boot WHERE number = ?",
                arguments: [newestSample])
            if let lastBoot, lastBoot != bootID { try endBoot(in: database) }
            try restoreListeners(from: database)
            try restoreOpenSockets(from: database)
            isStale = false
        }
    }

    /// No socket outlives its boot.
    private func endBoot(in database: Database) throws {
        try database.inTransaction(.immediate) {
            let intervals = try IntervalStatements(database)
            try OpenSocketReader(database).forEach { socket in
                try intervals.insertClosed(socket, last: newestSample, continued: false)
            }
            try database.execute(sql: "DELETE FROM open_interval; DELETE FROM listened_port")
            return .commit
        }
    }

    private func restoreListeners(from database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT * FROM listened_port") {
            let port = ListenerMemory.Port(
                namespace: try Int16(checked: row["namespace"]), transport: row["transport"] == 0 ? .tcp : .udp,
                number: try UInt16(checked: row["port"]))
            listeners.closed(port, last: row["last"], holder: try Int32(checked: row["holder"]))
        }
    }

    private func restoreOpenSockets(from database: Database) throws {
        nextID = 1
        try OpenSocketReader(database).forEach { socket in
            nextID = max(nextID, socket.id &+ 1)
            if socket.row.isListener { listeners.opened(.init(socket.row, socket.namespace)) }
            open.restore(socket)
        }
    }
}
