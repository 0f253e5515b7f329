import PortModel
import ProcFS
import SockDiag

/// The TCP sockets that are bound, and neither listen nor are connected: what sock_diag tells of and /proc does not.
///
/// They are asked for before the tables of /proc are read: one that begins to listen or to connect meanwhile stands in both readings,
/// and counts by its row in /proc, rather than in neither.
struct BoundSockets: Sendable {
    /// Those of the recorder's own network namespace.
    var own: @Sendable () throws(SockDiagError) -> [SocketRow]
    /// Those of the namespace of a process; `nil`: may not be read.
    var foreign: @Sendable (_ pid: Int32, _ namespace: UInt64) -> [SocketRow]?

    /// Asks the running kernel, of which `proc` is to be the /proc.
    static func asking(_ proc: ProcFS) -> BoundSockets {
        BoundSockets {
            () throws(SockDiagError) in
            try SockDiag().boundSockets().map(\.row)
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
