import GRDB
import PortModel

/// How a writer goes on: at its start, and after an append that failed.
extension HistoryWriter {
    /// Reads the memory from the file.
    func resume() throws {
        try queue.inDatabase { database in
            isStale = true
            forgetWords()
            open = OpenSockets()
            listeners = ListenerMemory()
            datagrams = DatagramSharing()
            inference = OwnerInference()
            newestSample = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
            newestBootClock =
                try Int64.fetchOne(
                    database, sql: "SELECT boot_clock FROM sample WHERE number = ?", arguments: [newestSample]) ?? 0
            namespaces = try NamespaceTable(from: database)
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
            rollups = try RollupWriter(from: database, newest: try SampleTable.newest(in: database))
            try restoreListeners(from: database)
            try restoreOpenSockets(from: database)
            rollups.resumed(&open)
            isStale = false
        }
    }

    /// No socket outlives its boot.
    private func endBoot(in database: Database) throws {
        try database.inTransaction(.immediate) {
            let intervals = try IntervalStatements(database)
            try OpenSocketReader(database).forEach { socket in
                let table = table(for: socket, last: newestSample)
                try intervals.insertClosed(socket, last: newestSample, continued: false, in: table)
                let purpose: WordUse.Purpose = table == .sockets ? .used : .kept
                try wordUse.note(flow: socket.flow, purpose, at: newestSample, in: database)
                try wordUse.note(holder: socket.holder, purpose, at: newestSample, in: database)
            }
            try database.execute(sql: "DELETE FROM open_interval; DELETE FROM listened_port")
            return .commit
        }
    }

    private func restoreListeners(from database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT * FROM listened_port") {
            let port = ListenerMemory.Port(
                namespace: try Int16(checked: row.checked("namespace")),
                transport: try row.checked("transport") == 0 ? .tcp : .udp,
                number: try UInt16(checked: row.checked("port")))
            listeners.closed(port, last: try row.checked("last"), holder: try Int32(checked: row.checked("holder")))
        }
    }

    private func restoreOpenSockets(from database: Database) throws {
        nextID = 1
        try OpenSocketReader(database).forEach { socket in
            nextID = max(nextID, socket.id &+ 1)
            if socket.row.isListener { listeners.opened(.init(socket.row, socket.namespace)) }
            try noteOwner(of: socket, in: database)
            datagrams.insert(socket)
            open.restore(socket)
        }
        // Listeners first: they decide whose connections the others are.
        for isListener in [true, false] {
            for slot in open.slots.indices where open.slots[slot].row.isListener == isListener {
                var socket = open.slots[slot]
                // What a TIME_WAIT had lasted at the newest sample stands for what it had at its first one.
                socket.timeWaitAge = socket.row.timeWaitAge
                rollups.insert(
                    &socket, slot: Int32(slot), isNew: false, isOwned: false,
                    bootClock: newestBootClock)
                open.withSocket(Int32(slot)) { $0.isService = socket.isService }
            }
        }
    }

    /// Notes what the recorder was told, for those who ask.
    func writeSettings(in database: Database) throws {
        try database.inTransaction(.immediate) {
            for (name, value) in retention.settings {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", arguments: [name, value])
            }
            return .commit
        }
    }
}
