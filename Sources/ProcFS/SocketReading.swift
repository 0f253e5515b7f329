import PortModel

/// The socket tables of one network namespace as they were read, and what could not be read.
///
/// Meant to be kept and filled again at every sample: its memory is reused.
public struct SocketReading: Sendable {
    /// One row a socket, in the order of the tables and of the kernel, as read: a row can be there twice.
    public internal(set) var rows: [SocketRow] = []
    /// How many rows of all files were skipped.
    public internal(set) var malformed = 0
    /// The first skipped row of each file that has any.
    public internal(set) var firstMalformed: [MalformedRow] = []
    /// The files that could not be read to their end. The rows read before are in ``rows``; those behind are missing, which
    /// does not mean that their sockets are gone.
    public internal(set) var failures: [ProcFailure] = []
    /// The tables that ``failures`` are about.
    public internal(set) var incomplete: [SocketTable] = []

    /// A reading without rows.
    public init() {}

    /// Adds rows of the same network namespace that another witness has.
    public mutating func add(_ others: [SocketRow]) { rows += others }

    mutating func reset() {
        rows.removeAll(keepingCapacity: true)
        malformed = 0
        firstMalformed.removeAll(keepingCapacity: true)
        failures.removeAll(keepingCapacity: true)
        incomplete.removeAll(keepingCapacity: true)
    }
}

extension ProcFS {
    /// The buffer for reading a table. The kernel gives at most about 4 KiB a call (seq_file), so this also bounds a line.
    static let tableBuffer = 65_536

    /// Reads the four socket tables in the order of ``PortModel/SocketTable``, replacing what `reading` held.
    ///
    /// A missing tcp6 or udp6 is normal (IPv6 is off). Every other failure is reported in the reading, and the other files
    /// are read all the same.
    ///
    /// - Parameter netPath: The directory of the tables below the root. `net` is that of the main thread's namespace,
    ///   `thread-self/net` of the calling thread's, `<pid>/net` that of a process.
    public func readSockets(netPath: String = "net", into reading: inout SocketReading) {
        reading.reset()
        if reading.rows.capacity == 0 { reading.rows.reserveCapacity(expectedRows(netPath)) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.tableBuffer, alignment: 64)
        defer { buffer.deallocate() }
        for table in SocketTable.allCases {
            let file = path("\(netPath)/\(table.fileName)")
            do throws(ProcError) {
                try read(table, file, buffer, into: &reading)
            } catch .vanished where table.family == .ipv6 {
                continue
            } catch {
                reading.failures.append(ProcFailure(file: file, error: error))
                reading.incomplete.append(table)
            }
        }
    }

    /// How many rows there are about to be, some to spare: an array that never grows leaves no holes behind.
    private func expectedRows(_ netPath: String) -> Int {
        let v4 = try? sockstat(netPath: netPath)
        let v6 = (try? sockstat6(netPath: netPath)) ?? nil
        let tcp = (v4?.tcpInUse ?? 0) + (v4?.tcpTimeWait ?? 0) + (v6?.tcpInUse ?? 0)
        let rows = tcp + (v4?.udpInUse ?? 0) + (v6?.udpInUse ?? 0)
        return rows + rows / 128 + 64
    }

    /// The same in a new reading.
    public func sockets(netPath: String = "net") -> SocketReading {
        var reading = SocketReading()
        readSockets(netPath: netPath, into: &reading)
        return reading
    }

    private func read(
        _ table: SocketTable, _ path: String, _ buffer: UnsafeMutableRawBufferPointer, into reading: inout SocketReading
    ) throws(ProcError) {
        let file = try ProcFile(path)
        var parser = ProcNetTable(table, file: path)
        defer {
            reading.malformed += parser.malformed
            if let first = parser.firstMalformed { reading.firstMalformed.append(first) }
        }
        var filled = 0
        while true {
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(filled + count)])
            if count == 0 {
                parser.finish(bytes)
                return
            }
            let parsed = parser.parse(bytes, into: &reading.rows)
            filled = bytes.count - parsed
            if filled == buffer.count {
                parser.skip(bytes)
                filled = 0
            } else if filled > 0, parsed > 0 {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[parsed...]))
            }
        }
    }
}
