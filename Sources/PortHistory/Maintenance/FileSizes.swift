import Glibc

/// What a history takes on the disk, in bytes.
public struct FileSizes: Hashable, Sendable {
    /// The file.
    public var file: Int64
    /// Its write-ahead log, `PATH-wal`.
    public var log: Int64
    /// Its index of that, `PATH-shm`.
    public var index: Int64

    /// All of it.
    public var total: Int64 { file + log + index }

    /// Sizes as they are now; 0 of what is not there.
    public init(of path: String) {
        let path = HistoryFile.resolved(path)
        func bytes(_ path: String) -> Int64 {
            var status = stat()
            return stat(path, &status) == 0 ? Int64(status.st_size) : 0
        }
        (file, log, index) = (bytes(path), bytes(path + "-wal"), bytes(path + "-shm"))
    }
}
