import GRDB
import PortModel

/// How a sample is written: what its changes mean for intervals, roles, rollups and words.
extension HistoryWriter {
    func write(
        _ sample: inout SampleRecord, _ snapshots: [Snapshot], _ changes: SampleChanges,
        _ measuring: (inout SampleRecord) -> Void, in database: Database
    ) throws {
        let boot = try sideTables.boot(bootID, host: host, first: sample.number, in: database)
        let gone = try noteNamespaces(snapshots, sample: sample.number, in: database)
        let intervals = try IntervalStatements(database)
        written = 0
        strays.removeAll(keepingCapacity: true)
        rollups.begin(sample, snapshots, gone: gone)
        if inference.begin(at: rollups.clock) {
            for socket in open.slots where socket.seen != 0 && socket.id != 0 && !socket.isTCPListener {
                try noteOwner(of: socket, in: database)
            }
        }
        intervalMilliseconds = Int64(sample.intervalMilliseconds)

        for slot in changes.closed {
            let socket = open.slots[Int(slot)]
            try close(socket, last: sample.number - 1, continued: false, intervals, in: database)
            try noteListener(socket, left: sample.number - 1, in: database)
            rollups.remove(socket, isGone: true)
            datagrams.remove(socket)
            if socket.isTCPListener { inference.closed(socket) }
            closeWaits.add(socket, -1)
            open.remove(slot)
        }
        for (slot, ownership) in changes.reassigned {
            var socket = open.slots[Int(slot)]
            let holder = try sideTables.holder(
                uid: socket.row.inode == 0 ? nil : socket.row.uid, changes.ownerships[Int(ownership)], boot: boot,
                in: database)
            if holder == Int(socket.holder) { continue }
            try close(socket, last: sample.number - 1, continued: true, intervals, in: database)
            if socket.isTCPListener { inference.closed(socket) }
            if socket.row.isListener { listenerBook.remove(socket, age: nil) }
            closeWaits.add(socket, -1)
            socket.holder = Int32(holder)
            if socket.row.isListener { listenerBook.insert(socket) }
            closeWaits.add(socket, 1)
            try noteOwner(of: socket, in: database)
            try reopen(&socket, slot, sample.number, intervals, in: database)
            rollups.renew(socket, isOwned: try isOwned(socket, in: database))
        }
        // Listeners first: they decide the role of the connections that are new with them. Then what has an inode, which tells whose
        // the others may be.
        for turn in Turn.allCases {
            for change in changes.changed {
                let snapshot = snapshots[Int(change.snapshot)]
                let row = snapshot.rows[Int(change.row)]
                if Turn(row) != turn { continue }
                try apply(change, row, changes, snapshot.namespace, sample, boot, intervals, in: database)
            }
        }
        for namespace in gone {
            listeners.forget(namespace: namespace)
            inference.forget(namespace: namespace)
            listenerBook.forget(namespace: namespace)
            try database.cachedStatement(sql: "DELETE FROM listened_port WHERE namespace = ?")
                .execute(arguments: [namespace])
        }
        let tables = try RollupTables(database)
        try rollups.finish(sample, &open, tables) { holder in
            try wordUse.note(holder: holder, .kept, at: sample.number, in: database)
        }
        try space.noteGrowth(database)
        try sweep(in: database)
        measuring(&sample)
        try insert(sample, boot: boot, in: database)
    }

    private func apply(
        _ change: SampleChanges.Change, _ row: SocketRow, _ changes: SampleChanges, _ namespace: Int,
        _ record: SampleRecord, _ boot: Int, _ intervals: IntervalStatements, in database: Database
    ) throws {
        let sample = record.number
        let old = open.slots[Int(change.slot)]
        var socket = OpenSocket(row: row)
        socket.namespace = Int16(namespace)
        let uid = row.inode == 0 ? nil : row.uid
        if change.ownership != SampleChanges.Change.inherited {
            socket.holder = Int32(
                try sideTables.holder(
                    uid: uid, changes.ownerships[Int(change.ownership)], boot: boot, in: database))
        } else if uid == nil {
            socket.holder = Int32(try sideTables.heir(of: Int(old.holder), in: database))
        } else {
            socket.holder = Int32(try sideTables.holder(like: Int(old.holder), uid: uid, in: database))
        }
        if old.id != 0 {
            try close(old, last: sample - 1, continued: change.continues, intervals, in: database)
            if old.isTCPListener { inference.closed(old) }
            closeWaits.add(old, -1)
            if change.continues, old.row.isListener { listenerBook.remove(old, age: nil) }
            if !change.continues {
                try noteListener(old, left: sample - 1, in: database)
                datagrams.remove(old)
                rollups.remove(old, isGone: true)
            }
        }
        if change.continues {
            socket.role = old.role
            socket.flow = old.flow
            socket.socketFirst = old.socketFirst
        } else {
            if row.isListener { listeners.opened(.init(row, socket.namespace)) }
            socket.role = try role(of: socket, sample, in: database)
            socket.flow = Int32(try sideTables.flow(row, socket.namespace, socket.role, in: database))
            socket.socketFirst = Int32(sample)
            datagrams.insert(socket)
        }
        try infer(&socket, in: database)
        try noteOwner(of: socket, in: database)
        if row.isListener { listenerBook.insert(socket) }
        closeWaits.add(socket, 1)
        if !change.continues, socket.role == .outgoing, row.table.transport == .tcp,
            listeners[.init(row, socket.namespace)] != nil
        {
            strays.append(.init(namespace: namespace, row: row, holder: Int(socket.holder)))
        }
        // The next state is in before the last one is out: the port of a socket that goes on is never without it.
        try reopen(&socket, change.slot, sample, intervals, in: database)
        if change.continues, old.row.state == row.state {
            open.withSocket(change.slot) { ($0.isService, $0.isReusable) = (old.isService, old.isReusable) }
            rollups.renew(socket, isOwned: try isOwned(socket, in: database))
            return
        }
        rollups.insert(
            &socket, slot: change.slot, isNew: !change.continues, isOwned: try isOwned(socket, in: database),
            bootClock: record.bootClock)
        open.withSocket(change.slot) { $0.isService = socket.isService }
        if change.continues { rollups.remove(old, isGone: false) }
    }

    /// The order in which the rows of a sample are written.
    private enum Turn: CaseIterable {
        case listeners, owned, others

        init(_ row: SocketRow) {
            self = row.isListener ? .listeners : row.inode != 0 ? .owned : .others
        }
    }

    /// Remembers whose listeners are, and who connects to whom.
    func noteOwner(of socket: OpenSocket, in database: Database) throws {
        if socket.isTCPListener {
            inference.opened(socket)
        } else if socket.isDestined, socket.row.inode != 0, try isOwned(socket, in: database) {
            inference.connected(socket, try sideTables.identity(of: Int(socket.holder), in: database))
        }
    }

    /// Says whose a connection most likely is that has no inode, where no row before tells.
    private func infer(_ socket: inout OpenSocket, in database: Database) throws {
        guard socket.row.inode == 0, socket.row.isConnectedTCP, try !isOwned(socket, in: database) else { return }
        var holders: [Int]
        switch socket.role {
        case .accepted:
            holders = inference.listeners(of: socket).map(Int.init)
            if holders.isEmpty, let gone = listeners[.init(socket.row, socket.namespace)], gone.count == 0 {
                holders = [Int(gone.holder)]
            }
        case .outgoing: holders = inference.caller(of: socket).map { [Int($0)] } ?? []
        case .none: return
        }
        guard let first = holders.first, first > 0 else { return }
        // Strangers may listen on one port: then it is anybody's.
        let identity = try sideTables.identity(of: first, in: database)
        guard !identity.isEmpty,
            try holders.dropFirst().allSatisfy({ try sideTables.identity(of: $0, in: database) == identity })
        else { return }
        socket.holder = Int32(try sideTables.inferred(from: holders, in: database))
    }

    /// Whether a socket's holder names somebody.
    func isOwned(_ socket: OpenSocket, in database: Database) throws -> Bool {
        try sideTables.holderKey(Int(socket.holder), in: database).attribution != .unknown
    }

    /// Moves the interval that a socket was in to the closed ones.
    private func close(
        _ socket: OpenSocket, last: Int, continued: Bool, _ intervals: IntervalStatements, in database: Database
    ) throws {
        let table = self.table(for: socket, last: last)
        try intervals.close(socket, last: last, continued: continued, in: table)
        let purpose: WordUse.Purpose = table == .sockets ? .used : .kept
        try wordUse.note(flow: socket.flow, purpose, at: newestSample + 1, in: database)
        try wordUse.note(holder: socket.holder, purpose, at: newestSample + 1, in: database)
    }

    /// Which closed intervals a socket's belongs to: TCP listeners, and UDP sockets that serve somebody. These stand on a port that
    /// the kernel gives to nobody, or for an hour, or share their place with others.
    func table(for socket: OpenSocket, last: Int) -> IntervalTable {
        let row = socket.row
        if row.table.transport == .tcp { return row.state == .listen ? .listeners : .sockets }
        if datagrams.isShared(socket) { return .listeners }
        guard row.isListener else { return .sockets }
        let mayBeClient = limitsInForce[Int(socket.namespace)]?.mayChoose(row.local.port) ?? true
        let isLong = Int64(last - Int(socket.socketFirst)) * intervalMilliseconds >= RollupLevel.hour.milliseconds
        return !mayBeClient || isLong ? .listeners : .sockets
    }

    private func reopen(
        _ socket: inout OpenSocket, _ slot: Int32, _ sample: Int, _ intervals: IntervalStatements, in database: Database
    ) throws {
        written += 1
        socket.id = nextID
        nextID += 1
        socket.first = Int32(sample)
        socket.timeWaitAge = socket.row.timeWaitAge
        try intervals.open(socket)
        try wordUse.note(flow: socket.flow, .used, at: sample, in: database)
        try wordUse.note(holder: socket.holder, .used, at: sample, in: database)
        open.update(slot, socket)
    }

    /// Which side of a connection a new socket is: see docs/decisions/ for the rule and what was considered.
    private func role(of socket: OpenSocket, _ sample: Int, in database: Database) throws -> ConnectionRole {
        let row = socket.row
        if row.remote.isNone { return .none }
        if row.state == .synSent { return .outgoing }
        guard let here = listeners[.init(row, socket.namespace)] else { return .outgoing }
        if here.count > 0 { return .accepted }
        // The listener has gone. A connection that is new one sample later cannot have been accepted by it.
        if here.last < sample - 1 { return .outgoing }
        // It went in this very sample. A peer on this host that is a listener settles it, or else another program's descriptor.
        let peer = ListenerMemory.Port(
            namespace: socket.namespace, transport: row.table.transport, number: row.remote.port)
        let isLocalPeer = row.remote.address == row.local.address || row.remote.address.isLoopback
        if isLocalPeer, let there = listeners[peer], there.count > 0 { return .outgoing }
        let listener = try sideTables.programs(of: Int(here.holder), in: database)
        let owner = try sideTables.programs(of: Int(socket.holder), in: database)
        return listener.isEmpty || owner.isEmpty || !listener.isDisjoint(with: owner) ? .accepted : .outgoing
    }

    /// From one sample to a later one, in milliseconds: as the interval is now, where they are no longer both kept.
    private func milliseconds(from first: Int, to last: Int, in database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT b.boot_clock - a.boot_clock FROM sample a JOIN sample b ON b.boot = a.boot
                    WHERE a.number = ? AND b.number = ?
                    """),
            arguments: [first, last]) ?? Int64(last - first) * intervalMilliseconds
    }

    private func noteListener(_ socket: OpenSocket, left last: Int, in database: Database) throws {
        guard socket.row.isListener else { return }
        let port = ListenerMemory.Port(socket.row, socket.namespace)
        listeners.closed(port, last: last, holder: socket.holder)
        listenerBook.remove(socket, age: try milliseconds(from: Int(socket.socketFirst), to: last, in: database))
        try database.cachedStatement(
            sql:
                "INSERT OR REPLACE INTO listened_port (namespace, transport, port, last, holder) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
            Int(port.namespace), port.transport == .tcp ? 0 : 1, Int(port.number), last, Int(socket.holder),
        ])
    }

    /// Notes which namespaces there are and what is in force in them, and returns those that are gone.
    private func noteNamespaces(_ snapshots: [Snapshot], sample: Int, in database: Database) throws -> [Int] {
        let gone = try namespaces.note(snapshots, sample: sample, in: database)
        for namespace in gone { limitsInForce[namespace] = nil }
        for snapshot in snapshots {
            if limitsInForce[snapshot.namespace] != snapshot.limits {
                try LimitsTable.append(snapshot.limits, namespace: snapshot.namespace, sample: sample, in: database)
                limitsInForce[snapshot.namespace] = snapshot.limits
            }
        }
        return gone
    }

    private func insert(_ sample: SampleRecord, boot: Int, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO sample (number, taken_at, boot_clock, boot, duration_us, cpu_us, interval_ms, sockets,
                    permission_denied, malformed, missed, listen_overflows, listen_drops, time_wait_overflow)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            sample.number, sample.takenAt.milliseconds, sample.bootClock, boot,
            Int(sample.durationMilliseconds * 1000), Int(sample.cpuMilliseconds * 1000), sample.intervalMilliseconds,
            sample.sockets, sample.permissionDenied, sample.malformed, sample.missed, sample.listenOverflows,
            sample.listenDrops, sample.timeWaitOverflow,
        ])
    }
}
