import Glibc
import PortModel
import ProcFS
import SockDiag

/// Looks at this host now, for questions about the present: the sockets of the caller's network namespace, whose they are, and what
/// they say about their options.
public struct HostProbe: Sendable {
    let proc: ProcFS

    /// A probe of the host whose kernel shows itself below a root.
    public init(_ proc: ProcFS = ProcFS()) { self.proc = proc }

    /// Reads the sockets, the limits and the addresses of the caller's network namespace.
    ///
    /// - Throws: Why the tables could not be read to their end.
    public func look(_ source: SocketSource) throws(HostProbeError) -> HostLook {
        let net = proc.root == "/proc" ? "thread-self/net" : "net"
        let reading = proc.sockets(netPath: net)
        if let failure = reading.failures.first { throw .unreadable(failure.file, failure.error.description) }
        var seen: Set<SocketRow> = []
        var look = HostLook(
            at: Timestamp(milliseconds: Self.milliseconds(CLOCK_REALTIME)),
            bootClock: Self.milliseconds(CLOCK_BOOTTIME),
            bootID: (try? proc.bootID()) ?? "", host: (try? proc.hostname()) ?? "", limits: proc.limits().limits,
            addresses: try? proc.localAddresses(netPath: net),
            sockets: BoundSocket.assumingRoles(of: reading.rows.filter { seen.insert($0.withoutTimer).inserted }))
        if source == .proc || (source == .auto && proc.root != "/proc") { return look }
        do throws(SockDiagError) {
            let diag = SockDiag()
            try diag.checkBoundSockets()
            look.note(try diag.sockets().sockets)
        } catch {
            if source == .sockDiag { throw .noWitness(error.description) }
        }
        return look
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Why this host could not be looked at.
public enum HostProbeError: Error, Hashable, Sendable {
    /// A socket table could not be read; its path, and why.
    case unreadable(String, String)
    /// There is no sock_diag; why.
    case noWitness(String)
}

extension SocketRow {
    /// The row as one and the same however late it is read: a dump can repeat it.
    fileprivate var withoutTimer: SocketRow {
        var row = self
        row.timerTicks = 0
        return row
    }
}

extension HostLook {
    /// Adds what sock_diag says: sockets that are only bound, devices, IPV6_V6ONLY.
    mutating func note(_ witnesses: [DiagSocket]) {
        showsBound = true
        var places: [UInt64: Int] = [:]
        for (index, socket) in sockets.enumerated() where socket.row.inode != 0 { places[socket.row.inode] = index }
        for witness in witnesses {
            let index: Int
            if let known = places[witness.row.inode] {
                index = known
            } else if witness.isBoundOnly {
                index = sockets.count
                sockets.append(BoundSocket(witness.row, role: .none))
            } else {
                continue
            }
            sockets[index].interface = witness.interface
            // What it is bound to may suggest another.
            sockets[index].isV6Only = witness.v6Only ?? sockets[index].isV6Only
        }
    }
}
