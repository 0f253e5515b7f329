import PortModel
import ProcFS

/// Whether those who hold sockets still hold them.
///
/// A socket outlives its holder where a forked worker has it too, and where it was handed over to another process (SCM_RIGHTS of
/// unix(7)): then its row in the tables stays as it was. Only the descriptor tells, for the price of a readlinkat(2).
extension SocketAttributor {
    /// So many sockets at least are asked about in a sample, and as many of the processes whose descriptors have become more or
    /// fewer.
    static let verified = 512
    /// Every socket is asked about in one of so many samples, however many there are.
    private static let longestTurn = 24

    /// Asks about listeners, shared sockets and doubts in each sample, and about all other sockets in turns.
    mutating func verify(_ snapshots: [Snapshot]) {
        if isFirst { return }
        var questions: [Int32: [(number: Int32, inode: UInt64)]] = [:]
        func ask(_ inode: UInt64) {
            holders.forEachDescriptor(of: inode) { questions[$0.pid, default: []].append(($0.number, inode)) }
        }
        // Forked children can share thousands of connections: then it is a part of them in each sample.
        let sharedTurns = UInt64(holders.shared.count / Self.asked + 1)
        for inode in holders.shared where (inode &+ UInt64(sample)).isMultiple(of: sharedTurns) { ask(inode) }
        for doubt in doubts { ask(doubt.inode) }
        let turns = UInt64(min(Self.longestTurn, holders.count / Self.verified + 1))
        let turn = UInt64(sample) % turns
        for snapshot in snapshots {
            for row in snapshot.rows where row.inode != 0 {
                if row.state == .listen || Self.spread(row.inode) % turns == turn { ask(row.inode) }
            }
        }
        if turns > 1, !stirred.isEmpty {
            for inode in holders.inodes(of: smallest(stirred)) { ask(inode) }
        }
        settle(questions)
    }

    /// Which of the namespaces that are not read in each sample have a socket whose holder has just gone, or closed it: most likely the
    /// socket has gone with it.
    func doubtedNamespaces(_ snapshots: [Snapshot]) -> Set<String> {
        if ghosts.isEmpty, doubts.isEmpty { return [] }
        let inodes = Set(doubts.map(\.inode))
        var names: Set<String> = []
        for snapshot in snapshots where snapshot.pause > 1 {
            let isDoubted = snapshot.rows.contains { row in
                if row.inode == 0 { return false }
                if inodes.contains(row.inode) { return true }
                var isLost = false
                holders.forEachDescriptor(of: row.inode) { if ghosts.contains($0.pid) { isLost = true } }
                return isLost
            }
            if isDoubted { names.insert(snapshot.namespaceName) }
        }
        return names
    }

    /// Inodes come in patterns: every other one may be a client's.
    private static func spread(_ inode: UInt64) -> UInt64 { (inode &* 0x9E37_79B9_7F4A_7C15) >> 40 }

    /// Of some processes those that hold few sockets, as long as that are not too many together.
    private func smallest(_ pids: Set<Int32>) -> Set<Int32> {
        var left = Self.verified
        var chosen: Set<Int32> = []
        for (pid, sockets) in pids.map({ ($0, processes[$0]?.sockets ?? 0) }).sorted(by: { $0.1 < $1.1 }) {
            left -= sockets
            if left < 0 { break }
            chosen.insert(pid)
        }
        return chosen
    }

    /// Puts the questions. A descriptor that is closed is doubted at first, and given up where it was doubted before.
    private mutating func settle(_ questions: [Int32: [(number: Int32, inode: UInt64)]]) {
        var doubtsNow: Set<Doubt> = []
        for (pid, questions) in questions {
            // What cannot be asked stays as it was.
            guard let descriptors = try? proc.descriptors(of: pid) else { continue }
            for (number, inode) in questions where descriptors.inode(of: number) != inode {
                let doubt = Doubt(pid: pid, inode: inode)
                if doubts.contains(doubt) { drop(pid, from: inode) } else { doubtsNow.insert(doubt) }
                processes[pid]?.mayReuse(number)
            }
        }
        doubts = doubtsNow
    }
}
