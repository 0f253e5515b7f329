import PortHistory
import PortModel

extension PortScene {
    /// Adds what a history knows of the sockets that are there now: which side of a connection they are, since when they have been
    /// there, and whose those are that have no descriptor any more.
    ///
    /// A history of another boot, or of another host, knows nothing of them.
    public mutating func learn(from view: HistoryView, bootID: String) throws {
        guard let newest = try view.newestSample(), newest.bootID == bootID, !bootID.isEmpty else { return }
        let intervals = try view.sockets(at: newest.number)
        let number = Self.namespace(of: entries, among: intervals)
        namespace = try view.namespaceName(number)
        var known: [Key: SocketInterval] = [:]
        for interval in intervals where interval.namespace == number { known[Key(interval)] = interval }
        let listeners = try RecentListeners(view, namespace: number, before: newest)
        let documents = SocketDocuments(view)
        for index in entries.indices {
            let socket = entries[index].socket
            guard let interval = known[Key(socket.row)], isSame(interval, entries[index], newest) else {
                if socket.row.isConnectedTCP, listeners.covers(socket.row.local) {
                    entries[index].socket.role = .accepted
                }
                continue
            }
            entries[index].socket.role = listeners.role(of: interval)
            entries[index].socket.since = interval.socketFirst
            entries[index].firstSeen = try documents.clock[interval.socketFirst]
            let holder = try documents.holder(interval.holder)
            if socket.uid == nil { entries[index].socket.uid = holder.uid }
            if entries[index].holder.owners.isEmpty, !holder.owners.isEmpty {
                entries[index].holder.owners = holder.owners
                let isInherited = socket.row.inode == 0 && holder.attribution == .observed
                entries[index].holder.attribution = isInherited ? .inherited : holder.attribution
            }
        }
    }

    /// A connection is its four-tuple, everything else its inode.
    private struct Key: Hashable {
        var table: SocketTable
        var local: Endpoint
        var remote: Endpoint
        var inode: UInt64

        init(_ row: SocketRow) {
            (table, local, remote) = (row.table, row.local, row.remote)
            inode = row.isConnectedTCP ? 0 : row.inode
        }

        init(_ interval: SocketInterval) {
            (table, local, remote) = (interval.table, interval.local, interval.remote)
            let isConnected = interval.table.transport == .tcp && interval.state != .listen && interval.state != .close
            inode = isConnected ? 0 : interval.inode
        }
    }

    /// Whether the history means the very socket. A four-tuple can be another connection's by now: then its inode is another one, or
    /// its TIME_WAIT has begun after the other one was over.
    private func isSame(_ interval: SocketInterval, _ entry: Entry, _ newest: SampleRecord) -> Bool {
        let row = entry.socket.row
        if row.inode != 0, interval.inode != 0 { return row.inode == interval.inode }
        guard interval.state == .timeWait else { return row.inode == 0 || interval.inode == 0 }
        let isOver = bootClock - newest.bootClock > TimeWaitReuse.length
        return row.state == .timeWait && !isOver && entry.timeWaitAge >= bootClock - newest.bootClock - 100
    }

    /// The namespace of the history in which most of the sockets stand; inodes are the same throughout the host.
    private static func namespace(of entries: [Entry], among intervals: [SocketInterval]) -> Int {
        let inodes = Set(entries.lazy.map(\.socket.row.inode).filter { $0 != 0 })
        var counts: [Int: Int] = [:]
        for interval in intervals where inodes.contains(interval.inode) { counts[interval.namespace, default: 0] += 1 }
        return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? 0
    }
}
