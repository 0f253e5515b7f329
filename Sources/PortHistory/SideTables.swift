import GRDB
import PortModel

/// The tables that hold each word once, as seen by the recorder: value in, number out, written when it is new.
///
/// The caches are bounded; what a transaction wrote is forgotten with ``forget()`` when it is rolled back.
struct SideTables {
    private var addresses: [AddressKey: Int] = [:]
    private var flows: [FlowKey: Int] = [:]
    private var programs: [[String]: Int] = [:]
    private var processes: [PortOwner: Int] = [:]
    private var holders: [HolderKey: Int] = [:]
    private var identities: [Int: OwnerInference.Identity] = [:]
    private var holderKeys: [Int: HolderKey] = [:]
    private var boots: [String: Int] = [:]
    private static let cacheLimit = 1 << 15

    private struct AddressKey: Hashable {
        var address: IPAddress
        var family: AddressFamily
    }

    private struct FlowKey: Hashable {
        var namespace: Int16
        var table: SocketTable
        var local: IPAddress
        var remote: IPAddress
        var remotePort: UInt16
    }

    /// A holder as its table has it.
    struct HolderKey: Hashable {
        /// -1 without a user.
        var uid: Int
        var attribution: Attribution
        /// A JSON list of process numbers.
        var processes: String
    }

    /// Forgets everything: the tables are read again.
    mutating func forget() { self = SideTables() }

    /// The number of a row's flow. An outgoing connection's holds the peer's port.
    mutating func flow(_ row: SocketRow, _ namespace: Int16, _ role: ConnectionRole, in database: Database) throws
        -> Int
    {
        let key = FlowKey(
            namespace: namespace, table: row.table, local: row.local.address, remote: row.remote.address,
            remotePort: role == .outgoing ? row.remote.port : 0)
        if let id = flows[key] { return id }
        let local = try address(key.local, row.table.family, in: database)
        let remote = try address(key.remote, row.table.family, in: database)
        let id = try intern(
            "flow", ["namespace", "socket_table", "local_address", "remote_address", "remote_port"],
            [Int(namespace), Int(row.table.rawValue), local, remote, Int(key.remotePort)], in: database)
        if flows.count >= Self.cacheLimit { flows.removeAll(keepingCapacity: true) }
        flows[key] = id
        return id
    }

    private mutating func address(_ address: IPAddress, _ family: AddressFamily, in database: Database) throws -> Int {
        let key = AddressKey(address: address, family: family)
        if let id = addresses[key] { return id }
        let id = try intern("address", ["text"], [address.text(in: family)], in: database)
        if addresses.count >= Self.cacheLimit { addresses.removeAll(keepingCapacity: true) }
        addresses[key] = id
        return id
    }

    /// The number of a boot.
    mutating func boot(_ bootID: String, host: String, first sample: Int, in database: Database) throws -> Int {
        if let id = boots[bootID] { return id }
        if let id = try Int.fetchOne(database, sql: "SELECT id FROM boot WHERE boot_id = ?", arguments: [bootID]) {
            boots[bootID] = id
            return id
        }
        try database.execute(
            sql: "INSERT INTO boot (boot_id, host, first) VALUES (?, ?, ?)", arguments: [bootID, host, sample])
        boots[bootID] = Int(database.lastInsertedRowID)
        return Int(database.lastInsertedRowID)
    }

    /// The number of a holder: `uid` is `nil` where the kernel printed no inode.
    mutating func holder(uid: UInt32?, _ ownership: Ownership, boot: Int, in database: Database) throws -> Int {
        var ids: [Int] = []
        for owner in ownership.owners { ids.append(try process(owner, boot: boot, in: database)) }
        let list = "[" + ids.map(String.init).joined(separator: ",") + "]"
        return try holder(
            HolderKey(uid: uid.map(Int.init) ?? -1, attribution: ownership.attribution, processes: list), in: database)
    }

    /// The number of the holder that has the processes of another one by inheritance, and no user: that of a TIME_WAIT.
    mutating func heir(of holder: Int, in database: Database) throws -> Int {
        var key = try holderKey(holder, in: database)
        key.uid = -1
        if key.attribution == .observed { key.attribution = .inherited }
        return try self.holder(key, in: database)
    }

    /// The number of the holder that has the processes of another one, for another user.
    mutating func holder(like holder: Int, uid: UInt32?, in database: Database) throws -> Int {
        var key = try holderKey(holder, in: database)
        key.uid = uid.map(Int.init) ?? -1
        return try self.holder(key, in: database)
    }

    /// The number of the holder that has the processes of others by inference, and no user.
    mutating func inferred(from holders: [Int], in database: Database) throws -> Int {
        var lists = try holders.map { try holderKey($0, in: database).processes }
        if lists.count > 1 {
            let ids = Set(lists.flatMap { $0.dropFirst().dropLast().split(separator: ",").compactMap { Int($0) } })
            lists = ["[" + ids.sorted().map(String.init).joined(separator: ",") + "]"]
        }
        let key = HolderKey(uid: -1, attribution: .inferred, processes: lists.first ?? "[]")
        return try self.holder(key, in: database)
    }

    /// What tells the programs of a holder from others; empty where nobody is known.
    mutating func identity(of holder: Int, in database: Database) throws -> OwnerInference.Identity {
        if let known = identities[holder] { return known }
        let processes = try holderKey(holder, in: database).processes
        let statement = try database.cachedStatement(
            sql: """
                SELECT program || ' ' || unit || ' ' || container FROM process
                WHERE id IN (SELECT value FROM json_each(?))
                """)
        let identity = Set(try String.fetchAll(statement, arguments: [processes]))
        if identities.count >= Self.cacheLimit { identities.removeAll(keepingCapacity: true) }
        identities[holder] = identity
        return identity
    }

    /// The programs of a holder's processes, by their numbers.
    mutating func programs(of holder: Int, in database: Database) throws -> Set<Int> {
        let processes = try holderKey(holder, in: database).processes
        let statement = try database.cachedStatement(
            sql: "SELECT program FROM process WHERE id IN (SELECT value FROM json_each(?))")
        return Set(try Int.fetchAll(statement, arguments: [processes]))
    }

    /// A holder by its number.
    mutating func holderKey(_ id: Int, in database: Database) throws -> HolderKey {
        if let key = holderKeys[id] { return key }
        let row = try Row.fetchOne(
            database, sql: "SELECT uid, attribution, processes FROM holder WHERE id = ?", arguments: [id])
        var key = HolderKey(uid: -1, attribution: .unknown, processes: "[]")
        if let row {
            let attribution: Int = try row.checked("attribution")
            key = HolderKey(
                uid: try row.checked("uid"),
                attribution: Attribution(rawValue: try UInt8(checked: attribution)) ?? .unknown,
                processes: try row.checked("processes"))
        }
        remember(key, id)
        return key
    }

    private mutating func holder(_ key: HolderKey, in database: Database) throws -> Int {
        if let id = holders[key] { return id }
        let id = try intern(
            "holder", ["uid", "attribution", "processes"], [key.uid, key.attribution.rawValue, key.processes],
            in: database)
        remember(key, id)
        return id
    }

    private mutating func remember(_ key: HolderKey, _ id: Int) {
        if holders.count >= Self.cacheLimit {
            holders.removeAll(keepingCapacity: true)
            holderKeys.removeAll(keepingCapacity: true)
        }
        holders[key] = id
        holderKeys[id] = key
    }

    private mutating func process(_ owner: PortOwner, boot: Int, in database: Database) throws -> Int {
        if let id = processes[owner] { return id }
        let words = [owner.command, owner.executable ?? ""]
        let program: Int
        if let id = programs[words] {
            program = id
        } else {
            program = try intern("program", ["command", "executable"], [words[0], words[1]], in: database)
            if programs.count >= Self.cacheLimit { programs.removeAll(keepingCapacity: true) }
            programs[words] = program
        }
        // The wall clock's distance from the boot changes; that a process started is one moment.
        let known = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT started_at FROM process WHERE boot = ? AND pid = ? AND start_ticks = ? LIMIT 1"),
            arguments: [boot, Int(owner.pid), Int64(bitPattern: owner.startTicks)])
        let identity: [any DatabaseValueConvertible] = [
            boot, Int(owner.pid), Int64(bitPattern: owner.startTicks), program, Int(owner.uid), owner.unit ?? "",
            owner.container ?? "",
        ]
        let id = try intern(
            "process", ["boot", "pid", "start_ticks", "program", "uid", "unit", "container"], identity,
            extra: [("started_at", known ?? owner.startedAt.milliseconds)], in: database)
        if processes.count >= Self.cacheLimit { processes.removeAll(keepingCapacity: true) }
        processes[owner] = id
        return id
    }

    /// The number of the row with these values, which identify it; it is added when there is none.
    private func intern(
        _ table: String, _ columns: [String], _ values: [any DatabaseValueConvertible],
        extra: [(column: String, value: Int64)] = [], in database: Database
    ) throws -> Int {
        let condition = columns.map { "\($0) = ?" }.joined(separator: " AND ")
        let select = try database.cachedStatement(sql: "SELECT id FROM \(table) WHERE \(condition)")
        if let id = try Int.fetchOne(select, arguments: StatementArguments(values)) { return id }
        let names = (columns + extra.map(\.column)).joined(separator: ", ")
        let marks = Array(repeating: "?", count: columns.count + extra.count).joined(separator: ", ")
        let insert = try database.cachedStatement(sql: "INSERT INTO \(table) (\(names)) VALUES (\(marks))")
        try insert.execute(arguments: StatementArguments(values + extra.map(\.value)))
        return Int(database.lastInsertedRowID)
    }
}
