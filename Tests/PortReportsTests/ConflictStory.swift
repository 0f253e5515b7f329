import PortHistory
import PortModel

@testable import PortReports

/// Sockets of a host as a test tells them, and the conflicts in them, without a database.
struct ConflictStory {
    /// The samples of the period.
    var period: ClosedRange<Int>
    /// The limits and their changes.
    var limits: [LimitsChange]
    /// The samples that are the first of a boot.
    var boots: Set<Int> = []
    /// Whether the period's last sample is the newest one.
    var isCurrent = true
    private var intervals: [SocketInterval] = []
    private var holders: [Int: Holder] = [:]
    private var nextInode: UInt64 = 100

    init(period: ClosedRange<Int> = 1...100, limits: PortLimits = PortLimits()) {
        self.period = period
        self.limits = [LimitsChange(sample: period.lowerBound, namespace: 0, limits: limits)]
    }

    /// A program that can hold sockets; the path defaults to one made of the command.
    mutating func program(
        _ command: String, pid: Int32 = 10, path: String?? = .none, uid: UInt32 = 0, unit: String? = nil,
        container: String? = nil
    ) -> Int {
        let owner = PortOwner(
            pid: pid, startTicks: UInt64(pid), startedAt: Timestamp(milliseconds: 0), command: command,
            executable: path ?? "/usr/bin/\(command)", uid: uid, unit: unit, container: container)
        return holder(Holder(uid: uid, ownership: Ownership(owners: [owner], attribution: .observed)))
    }

    /// A holder of which only the user is known.
    mutating func unknown(uid: UInt32?) -> Int { holder(Holder(uid: uid, ownership: .unknown)) }

    /// One holder of the processes of several.
    mutating func together(_ holders: Int...) -> Int {
        let owners = holders.flatMap { self.holders[$0]?.ownership.owners ?? [] }
        return holder(Holder(uid: owners.first?.uid, ownership: Ownership(owners: owners, attribution: .observed)))
    }

    private mutating func holder(_ holder: Holder) -> Int {
        holders[holders.count + 1] = holder
        return holders.count
    }

    /// A TCP listener.
    mutating func listener(
        _ local: String, _ holder: Int, _ samples: ClosedRange<Int>, inode: UInt64? = nil, mapped: Bool = false
    ) {
        socket(.tcp, .listen, local, nil, .none, holder, samples, inode: inode, mapped: mapped)
    }

    /// A UDP socket, without a peer or connected to one.
    mutating func datagram(
        _ local: String, to remote: String? = nil, _ holder: Int, _ samples: ClosedRange<Int>, inode: UInt64? = nil
    ) {
        socket(.udp, remote == nil ? .close : .established, local, remote, .none, holder, samples, inode: inode)
    }

    /// A TCP connection in one state.
    mutating func connection(
        _ local: String, _ remote: String, _ role: ConnectionRole, _ holder: Int, _ samples: ClosedRange<Int>,
        state: SocketState = .established, socketFirst: Int? = nil, mapped: Bool = false
    ) {
        socket(.tcp, state, local, remote, role, holder, samples, socketFirst: socketFirst, mapped: mapped)
    }

    private mutating func socket(
        _ transport: TransportProtocol, _ state: SocketState, _ local: String, _ remote: String?,
        _ role: ConnectionRole, _ holder: Int, _ samples: ClosedRange<Int>, inode: UInt64? = nil,
        socketFirst: Int? = nil, mapped: Bool = false
    ) {
        nextInode += 1
        let local = endpoint(local)
        let family: AddressFamily = mapped ? .ipv6 : local.address.family
        let any: IPAddress = family == .ipv4 ? .anyIPv4 : .anyIPv6
        intervals.append(
            SocketInterval(
                table: SocketTable(transport, family), state: state, role: role, local: local,
                remote: remote.map(endpoint) ?? Endpoint(any, 0),
                inode: state == .timeWait ? 0 : inode ?? nextInode, holder: holder, first: samples.lowerBound,
                last: samples.upperBound, socketFirst: socketFirst))
    }

    /// What the finders find, by the way that the search goes.
    func findings() -> [ConflictFinding] {
        let bound = SocketLives(intervals.filter { $0.isListener || $0.table.transport == .udp })
        let scene = ConflictScene(
            period: period, lives: bound.lives, limits: limits, holders: holders, namespaces: [0: "host"], boots: boots,
            isCurrent: isCurrent)
        var thieves = GapOccupants(.outgoing, in: scene)
        var remains = GapOccupants(.acceptedTimeWait, in: scene)
        for interval in intervals where interval.last >= period.lowerBound && interval.first <= period.upperBound {
            thieves.insert(interval)
            remains.insert(interval)
        }
        return ConflictSearch.findings(in: scene, thieves: thieves, remains: remains)
            .sorted { $0.isOrdered(before: $1) }
    }

    /// The findings of one kind.
    func findings(_ kind: ConflictKind) -> [ConflictFinding] { findings().filter { $0.kind == kind } }
}

/// `10.0.0.1:80`, `[::1]:80`.
func endpoint(_ text: String) -> Endpoint {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
        let address = IPAddress(text[..<colon].filter { $0 != "[" && $0 != "]" })
    else { return Endpoint(.anyIPv4, 0) }
    return Endpoint(address, port)
}

extension PortLimits {
    /// Limits with a range and reserved ports.
    static func range(_ first: UInt16, _ last: UInt16, reserved: String = "") -> PortLimits {
        var limits = PortLimits()
        limits.range = PortRange(first: first, last: last)
        limits.reserved = PortSet(list: reserved) ?? PortSet()
        return limits
    }
}
