import PortHistory

/// What compacting a database has brought.
public struct CompactReport: Encodable, Sendable {
    /// `database compact`.
    public var command = "database compact"
    /// The file.
    public var path: String
    /// What it took with its companions, in bytes.
    public var beforeBytes: Int64
    /// What it takes now.
    public var afterBytes: Int64
    /// False where a reader keeps the write-ahead log from being written back: the file gets smaller later.
    public var isWrittenBack: Bool
    /// The file and its companions.
    public var files: [File]
    /// 0: all files are listed.
    public var omitted = 0

    private enum CodingKeys: String, CodingKey {
        case command, path, files, omitted
        case beforeBytes = "before_bytes"
        case afterBytes = "after_bytes"
        case isWrittenBack = "written_back"
    }

    /// One file.
    public struct File: Hashable, Sendable, Encodable {
        /// Its path.
        public var path: String
        /// What it took, in bytes.
        public var beforeBytes: Int64
        /// What it takes now.
        public var afterBytes: Int64

        private enum CodingKeys: String, CodingKey {
            case path
            case beforeBytes = "before_bytes"
            case afterBytes = "after_bytes"
        }
    }

    /// The report of a compaction.
    public init(_ compaction: HistoryCompaction) {
        let (before, after) = (compaction.before, compaction.after)
        path = compaction.path
        beforeBytes = before.total
        afterBytes = after.total
        isWrittenBack = compaction.isWrittenBack
        files = [
            File(path: path, beforeBytes: before.file, afterBytes: after.file),
            File(path: path + "-wal", beforeBytes: before.log, afterBytes: after.log),
            File(path: path + "-shm", beforeBytes: before.index, afterBytes: after.index),
        ]
    }
}
