import PortModel
import TestSupport

/// A busy host: clients from many addresses come and go, a part of them stays for long, and programs connect to many places.
struct BusyHost {
    /// What happens in a sample.
    struct Plan {
        /// Connections that come, accepted and outgoing.
        var arrivals = 100
        /// Addresses that clients have.
        var clients = 60_000
        /// How many samples a connection stays at the most; one in a hundred stays so many times a hundred.
        var stay = 3
    }

    var plan: Plan
    private(set) var rows: [SocketRow] = []
    private(set) var limits = PortLimits()
    private var ends: [Int] = []
    private var taken: Set<UInt64> = []
    private var generator: SeededGenerator
    private var nextInode: UInt64 = 1000
    private var sample = 0

    private static let here = IPAddress(ipv4: 0x0a00_0001)
    private static let services: [UInt16] = [80, 443, 8080]

    init(seed: UInt64, plan: Plan = Plan()) {
        self.plan = plan
        generator = SeededGenerator(seed: seed)
        for port in Self.services {
            rows.append(row(.listen, Endpoint(.anyIPv4, port), Endpoint(.anyIPv4, 0)))
            ends.append(.max)
        }
    }

    /// Another moment.
    mutating func step() {
        sample += 1
        var index = 0
        while index < rows.count {
            if ends[index] > sample {
                index += 1
            } else if rows[index].state == .established, rows[index].inode % 4 == 0 {
                rows[index].state = .timeWait
                rows[index].inode = 0
                rows[index].timerTicks = 6000
                ends[index] = sample + 6
            } else {
                taken.remove(Self.key(rows[index]))
                rows.swapAt(index, rows.count - 1)
                ends.swapAt(index, ends.count - 1)
                rows.removeLast()
                ends.removeLast()
            }
        }
        for _ in 0..<plan.arrivals { arrive() }
        if sample % 5000 == 0 { limits.finTimeout = sample % 10_000 == 0 ? 60 : 30 }
    }

    /// Who owns a new row: mostly one of few programs, at times a process that nobody has seen before.
    func ownership(of row: SocketRow) -> Ownership {
        guard row.inode != 0 else { return .unknown }
        let isRare = row.inode % 49 == 0
        let pid = isRare ? Int32(1000 + row.inode % 4_000_000) : Int32(row.inode % 5 + 1)
        let owner = PortOwner(
            pid: pid, startTicks: UInt64(pid), startedAt: Timestamp(milliseconds: 1_000_000),
            command: isRare ? "job-\(row.inode)" : "server \(pid)", executable: "/usr/bin/server", uid: 1000)
        return Ownership(owners: [owner], attribution: .observed)
    }

    private mutating func arrive() {
        let isOutgoing = nextInode % 4 == 0
        let client = UInt32.random(in: 0..<UInt32(plan.clients), using: &generator)
        let ephemeral = UInt16.random(in: 32768...60999, using: &generator)
        let local = Endpoint(Self.here, isOutgoing ? ephemeral : Self.services[Int(nextInode % 3)])
        let remote =
            isOutgoing
            ? Endpoint(IPAddress(ipv4: 0xc633_0000 + client % 2000), 5432)
            : Endpoint(IPAddress(ipv4: 0x0b00_0000 + client), ephemeral)
        let stay = Int.random(in: 1...plan.stay, using: &generator)
        let isLong = Int.random(in: 0..<100, using: &generator) == 0
        let new = row(.established, local, remote)
        guard taken.insert(Self.key(new)).inserted else { return }
        rows.append(new)
        ends.append(sample + (isLong ? 100 * stay : stay))
    }

    private static func key(_ row: SocketRow) -> UInt64 {
        UInt64(row.local.port) << 48 | (row.remote.address.low & 0xffff_ffff) << 16 | UInt64(row.remote.port)
    }

    private mutating func row(_ state: SocketState, _ local: Endpoint, _ remote: Endpoint) -> SocketRow {
        nextInode += 1
        return SocketRow(table: .tcp, state: state, local: local, remote: remote, uid: 1000, inode: nextInode)
    }
}
