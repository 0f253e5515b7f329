/// /proc/net/netstat: counters of refused and dropped work in this namespace since it was made
/// (`netstat_seq_show` in net/ipv4/proc.c). They only grow, and wrap at 64 bits.
///
/// A counter that the kernel does not have is nil.
public struct ProcNetstat: Hashable, Sendable {
    /// Connections dropped because the accept queue of a listener was full.
    public var listenOverflows: UInt64?
    /// Connections dropped by listeners for any reason, the overflows included.
    public var listenDrops: UInt64?
    /// TIME_WAIT sockets that were not made because there were `tcp_max_tw_buckets` already.
    public var timeWaitOverflow: UInt64?

    /// Counters of their values.
    public init(listenOverflows: UInt64? = nil, listenDrops: UInt64? = nil, timeWaitOverflow: UInt64? = nil) {
        self.listenOverflows = listenOverflows
        self.listenDrops = listenDrops
        self.timeWaitOverflow = timeWaitOverflow
    }

    /// Reads the text of the file: pairs of lines, names above and numbers below, each pair with its group in front.
    public init(parsing bytes: [UInt8]) throws(ProcError) {
        let lines = ProcText.lines(bytes[...]).filter { $0.starts("TcpExt: ") }.map(ProcText.words)
        guard lines.count == 2, lines[0].count == lines[1].count else { throw .malformed(field: "TcpExt") }
        func counter(_ name: StaticString) throws(ProcError) -> UInt64? {
            guard let column = lines[0].firstIndex(where: { $0.count == name.utf8CodeUnitCount && $0.starts(name) })
            else {
                return nil
            }
            guard let value = ProcText.decimal(lines[1][column], UInt64.self) else {
                throw .malformed(field: name.description)
            }
            return value
        }
        listenOverflows = try counter("ListenOverflows")
        listenDrops = try counter("ListenDrops")
        timeWaitOverflow = try counter("TCPTimeWaitOverflow")
    }
}

extension ProcFS {
    /// Reads `<netPath>/netstat`; see ``readSockets(netPath:into:)`` for the path.
    public func netstat(netPath: String = "net") throws(ProcError) -> ProcNetstat {
        try ProcNetstat(parsing: ProcFile(path("\(netPath)/netstat")).bytes(piece: 16_384))
    }
}
