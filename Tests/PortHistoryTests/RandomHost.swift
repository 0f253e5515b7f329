import PortModel
import TestSupport

/// A host with sockets that come, change and go at random, small enough that four-tuples and ports are often used again.
struct RandomHost {
    var generator: SeededGenerator
    private(set) var rows: [SocketRow] = []
    private var nextInode: UInt64 = 1000

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Another moment: some sockets have changed, some are gone, some are new; a row may stand there twice.
    mutating func step() {
        var kept: [SocketRow] = []
        for row in rows where !chance(0.15) { kept.append(chance(0.2) ? changed(row) : row) }
        rows = kept
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let row = newRow()
            if !rows.contains(where: { isSameKey($0, row) }) { rows.append(row) }
        }
        rows.shuffle(using: &generator)
    }

    /// The rows as a dump under churn shows them: some twice.
    mutating func dump() -> [SocketRow] {
        var dump = rows
        for row in rows where chance(0.05) { dump.append(row) }
        return dump
    }

    /// Owners that depend on nothing but the row, and change with time for some.
    func ownership(of row: SocketRow, at sample: Int) -> Ownership {
        guard row.inode != 0, row.inode % 5 != 0 else { return .unknown }
        let pid = Int32(row.inode % 7 + 1)
        let owner = PortOwner(
            pid: pid, startTicks: UInt64(pid) * 100, startedAt: Timestamp(milliseconds: 1_000_000),
            command: "worker \(pid)", executable: pid % 2 == 0 ? "/usr/bin/worker" : nil, uid: UInt32(pid))
        return Ownership(owners: [owner], attribution: .observed)
    }

    private mutating func chance(_ p: Double) -> Bool { Double.random(in: 0..<1, using: &generator) < p }

    private mutating func newRow() -> SocketRow {
        let table = SocketTable.allCases.randomElement(using: &generator) ?? .tcp
        let v4 = [IPAddress(ipv4: 0x7f00_0001), IPAddress(ipv4: 0x0a00_0001)]
        let v6 = [
            IPAddress(high: 0, low: 1), IPAddress(ipv4: 0x0a00_0002), IPAddress(high: 0x2001_0db8_0000_0000, low: 7),
        ]
        let addresses = table.family == .ipv4 ? v4 : v6
        let any = table.family == .ipv4 ? IPAddress.anyIPv4 : .anyIPv6
        func address(_ generator: inout SeededGenerator) -> IPAddress {
            addresses.randomElement(using: &generator) ?? any
        }
        let port = UInt16.random(in: 100...110, using: &generator)
        nextInode += 1
        let isListener = chance(0.3)
        if isListener {
            return SocketRow(
                table: table, state: table.transport == .tcp ? .listen : .close,
                local: Endpoint(chance(0.5) ? any : address(&generator), port), remote: Endpoint(any, 0),
                uid: UInt32.random(in: 0...2, using: &generator), inode: nextInode)
        }
        var row = SocketRow(
            table: table, state: .established, local: Endpoint(address(&generator), port),
            remote: Endpoint(address(&generator), UInt16.random(in: 1...4, using: &generator)),
            uid: UInt32.random(in: 0...2, using: &generator), inode: nextInode)
        if table.transport == .tcp, chance(0.5) { row = changed(row) }
        return row
    }

    private mutating func changed(_ row: SocketRow) -> SocketRow {
        var row = row
        guard row.isConnectedTCP else {
            if chance(0.3) { row.uid = UInt32.random(in: 0...2, using: &generator) }
            return row
        }
        row.state =
            [.established, .closeWait, .finWait1, .finWait2, .timeWait, .synReceived].randomElement(
                using: &generator) ?? .established
        let hasInode = row.state != .timeWait && row.state != .synReceived && chance(0.6)
        nextInode += 1
        row.inode = hasInode ? (chance(0.5) && row.inode != 0 ? row.inode : nextInode) : 0
        row.uid = hasInode ? row.uid : 0
        row.timerTicks = row.state == .timeWait ? UInt32.random(in: 1...6000, using: &generator) : 0
        return row
    }

    private func isSameKey(_ a: SocketRow, _ b: SocketRow) -> Bool {
        a.table == b.table && a.local == b.local && a.remote == b.remote && (a.isConnectedTCP || a.inode == b.inode)
    }
}
