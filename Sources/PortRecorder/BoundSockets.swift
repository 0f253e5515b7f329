import PortHistory
import PortModel
import ProcFS
import SockDiag

/// The TCP sockets that are bound, and neither listen nor are connected: what sock_diag tells of and /proc does not.
///
/// They are asked for before the tables of /proc are read: one that begins to listen or to connect meanwhile stands in both readings,
/// and counts by its row in /proc, rather than in neither.
struct BoundSockets: Sendable {
    /// What is told of the recorder's own network namespace.
    struct Own: Sendable {
        /// The sockets that are bound and no more.
        var rows: [SocketRow] = []
        /// The listeners whose accept queues are full.
        var fullQueues: [SampleFigures.FullQueue] = []

        /// Nothing.
        init() {}

        /// What of some sockets is worth knowing.
        init(_ sockets: [DiagSocket]) {
            for socket in sockets {
                if socket.isBoundOnly { rows.append(socket.row) }
                // `sk_acceptq_is_full` in include/net/sock.h: one more than the limit fits in.
                guard let backlog = socket.backlog, backlog.length > backlog.limit else { continue }
                fullQueues.append(
                    .init(
                        local: socket.row.local, inode: socket.row.inode, length: Int(backlog.length),
                        limit: Int(backlog.limit)))
            }
        }
    }

    /// Those of the recorder's own network namespace, and the listeners that are too slow.
    var own: @Sendable () throws(SockDiagError) -> Own
    /// Those of the namespace of a process; `nil`: may not be read.
    var foreign: @Sendable (_ pid: Int32, _ namespace: UInt64) -> [SocketRow]?

    /// Asks the running kernel, of which `proc` is to be the /proc.
    static func asking(_ proc: ProcFS) -> BoundSockets {
        BoundSockets {
            () throws(SockDiagError) in
            Own(try SockDiag().boundAndListeningSockets())
        } foreign: { pid, namespace in
            NamespaceThread.run(in: pid, namespace, proc) { try? SockDiag().boundSockets().map(\.row) }
        }
    }

    /// Those of `bound` that stand in no row.
    static func missing(_ bound: [SocketRow], in rows: [SocketRow]) -> [SocketRow] {
        if bound.isEmpty { return [] }
        var inodes = Set(bound.lazy.map(\.inode))
        for row in rows where row.inode != 0 && inodes.contains(row.inode) { inodes.remove(row.inode) }
        return bound.filter { inodes.contains($0.inode) }
    }
}
