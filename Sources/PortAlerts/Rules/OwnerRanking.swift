import PortHistory
import PortModel

/// Who has most of something.
enum OwnerRanking {
    /// So many holders are looked up: where more have a little each, the newest of them stand for all.
    private static let most = 64

    /// The processes of some holders, those with most first.
    ///
    /// - Parameter holders: how many each has, by their numbers.
    static func owners(of holders: [Int: Int], _ witness: some AlertWitness) -> [PortOwner] {
        var processes: [ProcessKey: (owner: PortOwner, count: Int)] = [:]
        let largest = holders.sorted { ($0.value, $0.key) > ($1.value, $1.key) }.prefix(most)
        for (holder, count) in largest {
            for owner in witness.ownership(of: holder).owners {
                processes[ProcessKey(owner), default: (owner, 0)].count += count
            }
        }
        return processes.values.sorted {
            ($1.count, $0.owner.pid, $0.owner.startTicks) < ($0.count, $1.owner.pid, $1.owner.startTicks)
        }.map(\.owner)
    }
}
