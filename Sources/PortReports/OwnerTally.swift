import PortHistory
import PortModel

/// The owners of many sockets together: those at the end of a period or, where none of these is known, all of the period.
struct OwnerTally {
    /// The most processes that an entry names; it says how many more there are.
    static let most = 20

    /// What is known of the owners.
    struct Summary: Hashable, Sendable {
        /// The processes with most sockets first, at most ``OwnerTally/most``.
        var owners: [OwnerDocument] = []
        /// How many more there are.
        var omitted = 0
        /// How the owners of most of the sockets are known; of two ways that are equally frequent the weaker.
        var attribution = Attribution.unknown

        /// Nobody.
        init() {}

        /// The processes of the holder that a series saw last, which may have been after a period: those that there were by its end.
        init(last holder: Holder, by end: Timestamp) {
            let owners = holder.ownership.owners.filter { $0.startedAt <= end }
            self.init(
                owners: owners.prefix(OwnerTally.most).map { OwnerDocument($0) },
                omitted: max(0, owners.count - OwnerTally.most), attribution: owners.isEmpty ? .unknown : .inferred)
        }

        init(owners: [OwnerDocument], omitted: Int, attribution: Attribution) {
            self.owners = owners
            self.omitted = omitted
            self.attribution = attribution
        }
    }

    private var atEnd: [Int: Int] = [:]
    private var before: [Int: Int] = [:]

    /// Counts a socket of a holder.
    mutating func add(holder: Int, isAtEnd: Bool) {
        if isAtEnd { atEnd[holder, default: 0] += 1 } else { before[holder, default: 0] += 1 }
    }

    /// Counts what another tally has counted.
    mutating func join(_ other: OwnerTally) {
        atEnd.merge(other.atEnd, uniquingKeysWith: +)
        before.merge(other.before, uniquingKeysWith: +)
    }

    /// The owners, looked up by the holders' numbers.
    func summary(_ holder: (Int) throws -> Holder) rethrows -> Summary {
        let end = try Self.summary(atEnd, holder)
        if !end.owners.isEmpty { return end }
        return try Self.summary(before, holder)
    }

    /// Whether all of the owners are one program: of several, nobody can tell whose a socket was.
    func isOneProgram(_ holder: (Int) throws -> Holder) rethrows -> Bool {
        var places: Set<[String]> = []
        for number in atEnd.isEmpty ? before.keys : atEnd.keys {
            for owner in try holder(number).ownership.owners {
                places.insert([owner.command, owner.program, owner.unit ?? "", owner.container ?? ""])
            }
        }
        return places.count < 2
    }

    private static func summary(_ sockets: [Int: Int], _ holder: (Int) throws -> Holder) rethrows -> Summary {
        var processes: [ProcessKey: (owner: PortOwner, sockets: Int)] = [:]
        var ways: [Attribution: Int] = [:]
        // A process is shown as its newest holder has it.
        for (number, count) in sockets.sorted(by: { $0.key > $1.key }) {
            let ownership = try holder(number).ownership
            if ownership.owners.isEmpty { continue }
            ways[ownership.attribution, default: 0] += count
            for owner in ownership.owners {
                processes[ProcessKey(owner), default: (owner, 0)].sockets += count
            }
        }
        let sorted = processes.values.sorted {
            ($1.sockets, $0.owner.pid, $0.owner.startTicks) < ($0.sockets, $1.owner.pid, $1.owner.startTicks)
        }
        let way = ways.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
        return Summary(
            owners: sorted.prefix(most).map { OwnerDocument($0.owner) }, omitted: max(0, sorted.count - most),
            attribution: way?.key ?? .unknown)
    }
}
