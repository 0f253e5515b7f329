/// /proc/locks: who holds which file lock (`lock_get_status` in fs/locks.c).
public enum ProcLocks {
    /// A POSIX lock that a process holds.
    public struct Lock: Hashable, Sendable {
        /// The process; -1 for locks of an open file description, which belong to none.
        public var pid: Int32
        /// The inode of the file.
        public var inode: UInt64
        /// The bytes that are locked.
        public var bytes: ClosedRange<UInt64>
        /// Whether it is a lock for writing.
        public var isWrite: Bool
    }

    /// The locks in the content of the file. Locks of other kinds, and those that are waited for, are left out.
    ///
    /// A line is `1: POSIX  ADVISORY  READ 1234 fe:01:5678 124 124`; the end may be `EOF`.
    public static func parse(_ text: String) -> [Lock] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 8, fields[1] == "POSIX", let pid = Int32(fields[4]),
                let inode = fields[5].split(separator: ":").last.flatMap({ UInt64($0) }), let start = UInt64(fields[6])
            else { return nil }
            let end = fields[7] == "EOF" ? UInt64.max : UInt64(fields[7]) ?? start
            guard end >= start else { return nil }
            return Lock(pid: pid, inode: inode, bytes: start...end, isWrite: fields[3] == "WRITE")
        }
    }
}

extension ProcFS {
    /// The POSIX locks of the host that this process may see.
    public func locks() throws(ProcError) -> [ProcLocks.Lock] {
        ProcLocks.parse(String(decoding: try ProcFile(path("locks")).bytes(), as: UTF8.self))
    }
}
