import PortModel

/// /proc/stat, as far as portlog needs it: when the host booted.
enum ProcStat {
    /// The `btime` line: whole seconds since the epoch.
    static func bootTime(_ bytes: [UInt8]) throws(ProcError) -> Timestamp {
        guard let line = ProcText.lines(bytes[...]).first(where: { $0.starts("btime ") }),
            let seconds = ProcText.decimal(ProcText.trim(line.dropFirst(6)), UInt32.self)
        else { throw .malformed(field: "btime") }
        return Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}

extension ProcFS {
    /// When the host booted, by the wall clock as it is set now, to the second: when the clock is set, this moves with it.
    public func bootTime() throws(ProcError) -> Timestamp {
        try ProcStat.bootTime(ProcFile(path("stat")).bytes(piece: 65_536))
    }
}
