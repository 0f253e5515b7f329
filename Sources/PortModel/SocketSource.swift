/// Where sockets are read. /proc is always read, and is complete on its own; sock_diag adds TCP sockets that are bound and no more, and
/// what /proc does not show of others.
public enum SocketSource: String, Sendable, CaseIterable {
    /// sock_diag too where it can be had.
    case auto
    /// /proc alone.
    case proc
    /// sock_diag too, or nothing at all.
    case sockDiag = "sock-diag"
}
