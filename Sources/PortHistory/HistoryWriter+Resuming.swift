import GRDB
import PortModel

/// How a writer goes on: at its start, and after an append that failed.
extension HistoryWriter {
    /// Reads the memory from the file.
    func resume() throws {
        try queue.inDatabase { database in
            isStale = true
            isFirstFigures = true
            forgetWords()
            open = OpenSockets()
            listeners = ListenerMemory()
            datagrams = DatagramSharing()
            inference = OwnerInference()
            listenerBook = ListenerBook()
            closeWaits = CloseWaitCounts()
            let newest = try SampleTable.newest(in: database)
            newestSample = try Int.fetchOne(database, sql: "SELECT max(number) FROM sample") ?? 0
            if newestSample != newest?.number ?? 0 {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT, message: "the boot of sample \(newestSample) is missing")
            }
            newestBootClock = newest?.bootClock ?? 0
            if let newest { intervalMilliseconds = Int64(newest.intervalMilliseconds) }
            namespaces = try NamespaceTable(from: database)
            limitsInForce = [:]
            if newestSample > 0 {
                for change in try LimitsTable.changes(in: newestSample...newestSample, from: database) {
                    limitsInForce[change.namespace] = change.limits
                }
            }
            rollups = try RollupWriter(from: database, newest: newest)
            try readOpenSockets(from: database)
            if let newest, newest.bootID != bootID { try endBoot(in: database) }
            try restoreListeners(from: database)
            try countOpenSockets(in: database)
            rollups.resumed(&open)
            isStale = false
        }
    }

    /// No socket outlives its boot: what stands open ends at the newest sample. A part at a time, as large as the log has room for, and
    /// where the file has none, what is not kept goes first.
    private func endBoot(in database: Database) throws {
        let intervals = try IntervalStatements(database)
        var rest = open.slots[...]
        var count = 4096
        while !rest.isEmpty {
            do {
                try writePiece(database) {
                    for socket in rest.prefix(count) {
                        let table = table(for: socket, last: newestSample)
                        try intervals.close(socket, last: newestSample, continued: false, in: table)
                        let purpose: WordUse.Purpose = table == .sockets ? .used : .kept
                        try wordUse.note(flow: socket.flow, purpose, at: newestSample, in: database)
                        try wordUse.note(holder: socket.holder, purpose, at: newestSample, in: database)
                    }
                }
                rest = rest.dropFirst(count)
            } catch  where count > 1 && failure(error) == .overBudget(path: path) {
                count /= 4
                try sweepToTarget(in: database)
            }
        }
        try writePiece(database) { try database.execute(sql: "DELETE FROM listened_port") }
        open = OpenSockets()
        datagrams = DatagramSharing()
        listeners = ListenerMemory()
        inference = OwnerInference()
        listenerBook = ListenerBook()
        closeWaits = CloseWaitCounts()
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

    private func readOpenSockets(from database: Database) throws {
        nextID = 1
        try OpenSocketReader(database).forEach { socket in
            nextID = max(nextID, socket.id &+ 1)
            if socket.row.isListener { listeners.opened(.init(socket.row, socket.namespace)) }
            try noteOwner(of: socket, in: database)
            if socket.row.isListener { listenerBook.insert(socket) }
            closeWaits.add(socket, 1)
            datagrams.insert(socket)
            open.restore(socket)
        }
    }

    private func countOpenSockets(in database: Database) throws {
        let minute = rollups.buckets.first?.samples ?? 0...0
        // Listeners first: they decide whose connections the others are.
        for isListener in [true, false] {
            for slot in open.slots.indices where open.slots[slot].row.isListener == isListener {
                var socket = open.slots[slot]
                // What a TIME_WAIT had lasted at the newest sample stands for what it had at its first one.
                socket.timeWaitAge = socket.row.timeWaitAge
                // Whose socket came last stands in the file up to the minute at hand.
                let isOwned = try minute.contains(Int(socket.first)) && isOwned(socket, in: database)
                rollups.insert(
                    &socket, slot: Int32(slot), isNew: false, isOwned: isOwned, bootClock: newestBootClock)
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
