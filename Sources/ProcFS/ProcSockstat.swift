import PortModel

/// /proc/net/sockstat: how many sockets there are (`sockstat_seq_show` in net/ipv4/proc.c).
public struct ProcSockstat: Hashable, Sendable {
    /// TCP sockets over IPv4 that are bound or connected, in this namespace; TIME_WAIT is not among them.
    public var tcpInUse: Int
    /// TCP sockets without a descriptor, of the whole host and both families.
    public var tcpOrphans: Int
    /// TIME_WAIT and orphaned FIN_WAIT_2 mini-sockets, in this namespace, both families.
    public var tcpTimeWait: Int
    /// TCP sockets that are allocated, in the whole host and both families.
    public var tcpAllocated: Int
    /// Memory for TCP buffers in pages, in the whole host.
    public var tcpMemoryPages: Int
    /// UDP sockets over IPv4, in this namespace.
    public var udpInUse: Int

    /// Reads the text of the file.
    public init(parsing bytes: [UInt8]) throws(ProcError) {
        let counters = Self.counters(bytes)
        func number(_ key: String) throws(ProcError) -> Int {
            guard let value = counters[key] else { throw .malformed(field: key) }
            return value
        }
        tcpInUse = try number("TCP: inuse")
        tcpOrphans = try number("TCP: orphan")
        tcpTimeWait = try number("TCP: tw")
        tcpAllocated = try number("TCP: alloc")
        tcpMemoryPages = try number("TCP: mem")
        udpInUse = try number("UDP: inuse")
    }

    /// The numbers of lines such as `TCP: inuse 5 orphan 0` by the line's and their own name: `TCP: inuse`. What is no
    /// number from 0 is left out.
    static func counters(_ bytes: [UInt8]) -> [String: Int] {
        var result: [String: Int] = [:]
        for line in ProcText.lines(bytes[...]) {
            let words = ProcText.words(line)
            guard let name = words.first else { continue }
            for index in stride(from: 1, to: words.count - 1, by: 2) {
                guard let value = ProcText.decimal(words[index + 1], UInt.self).flatMap(Int.init(exactly:)) else {
                    continue
                }
                result[ProcText.decode(name) + " " + ProcText.decode(words[index])] = value
            }
        }
        return result
    }
}

extension ProcFS {
    /// Reads `<netPath>/sockstat`; see ``readSockets(netPath:into:)`` for the path.
    public func sockstat(netPath: String = "net") throws(ProcError) -> ProcSockstat {
        try ProcSockstat(parsing: ProcFile(path("\(netPath)/sockstat")).bytes())
    }
}
