/// /proc/net/sockstat6: how many IPv6 sockets there are in this namespace (`sockstat6_seq_show` in net/ipv6/proc.c).
public struct ProcSockstat6: Hashable, Sendable {
    /// TCP sockets over IPv6, the dual-stack ones included.
    public var tcpInUse: Int
    /// UDP sockets over IPv6, the dual-stack ones included.
    public var udpInUse: Int

    /// Reads the text of the file.
    public init(parsing bytes: [UInt8]) throws(ProcError) {
        let counters = ProcSockstat.counters(bytes)
        guard let tcp = counters["TCP6: inuse"] else { throw .malformed(field: "TCP6: inuse") }
        guard let udp = counters["UDP6: inuse"] else { throw .malformed(field: "UDP6: inuse") }
        tcpInUse = tcp
        udpInUse = udp
    }
}

extension ProcFS {
    /// Reads `<netPath>/sockstat6`; nil where there is none: IPv6 is off.
    public func sockstat6(netPath: String = "net") throws(ProcError) -> ProcSockstat6? {
        do {
            return try ProcSockstat6(parsing: ProcFile(path("\(netPath)/sockstat6")).bytes())
        } catch .vanished {
            return nil
        }
    }
}
