import Glibc

/// The lock that makes a recorder the only one of its history: an open-file-description lock (`fcntl(2)`, F_OFD_SETLK) on
/// `PATH-lock`.
///
/// A file of its own, because POSIX locks on the database belong to SQLite; of the open file description, because such a lock is not
/// lost when some other descriptor of the same file is closed, and ends with the process however that ends. Asking
/// (``isHeld(for:)``) takes no lock, so that a question never keeps a recorder from starting.
final class RecorderLock {
    private let descriptor: Int32
    private let path: String
    /// What the recorder before was losing when it ended.
    let lossBefore: RecorderLoss?

    /// Takes the lock of the history at a path without symbolic links.
    ///
    /// - Throws: ``HistoryError/locked(path:pid:)`` when another recorder has it, else why the file cannot be made.
    init(for database: String) throws(HistoryError) {
        path = Self.path(for: database)
        var descriptor = try Self.open(path, database)
        var attempts = 0
        while true {
            var lock = Self.wholeFile(Int16(F_WRLCK))
            if fcntl(descriptor, Self.setLock, &lock) == 0 { break }
            let number = errno
            let isRecorder = Self.isWriteLocked(descriptor)
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard number == EAGAIN || number == EACCES else {
                throw .inputOutput(path: database, reason: systemMessage(number))
            }
            attempts += 1
            if isRecorder || attempts > 3 { throw .locked(path: database, pid: holder) }
            // A recorder locks for writing. Somebody who may only read the file holds a shared lock: it gets a file of its own.
            unlink(path)
            descriptor = try Self.open(path, database)
        }
        self.descriptor = descriptor
        lossBefore = Self.loss(of: database)
        note(lossBefore)
    }

    /// Whether the file that is locked still has its name: another one in its place can be locked by another recorder.
    var isInPlace: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return HistoryFile.identity(at: path).map { $0 == (UInt(status.st_dev), UInt(status.st_ino)) } ?? false
    }

    /// Writes what the recorder has to say while it can't write into the history; `nil` when there is nothing.
    func note(_ loss: RecorderLoss?) {
        ftruncate(descriptor, 0)
        let text = "\(getpid())\n" + (loss?.line ?? "")
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// What the recorder that holds the history has noted.
    static func loss(of database: String) -> RecorderLoss? {
        let descriptor = Glibc.open(Self.path(for: database), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return nil }
            let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
            return lines.count > 1 ? RecorderLoss(line: lines[1]) : nil
        }
    }

    deinit { close(descriptor) }

    /// Lets whoever may read the history see the lock as well, and its owner take it.
    func share(like database: String) {
        var status = stat()
        guard stat(database, &status) == 0 else { return }
        fchmod(descriptor, status.st_mode & 0o666)
        // Only root can give it away, and only root needs to.
        _ = fchown(descriptor, status.st_uid, status.st_gid)
    }

    /// Removes the file: there is no history for it.
    func remove() { unlink(path) }

    private static func open(_ path: String, _ database: String) throws(HistoryError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        if descriptor < 0 { throw .creating(database, errno) }
        return descriptor
    }

    private static func isWriteLocked(_ descriptor: Int32) -> Bool {
        var lock = wholeFile(Int16(F_WRLCK))
        return fcntl(descriptor, getLock, &lock) == 0 && lock.l_type == Int16(F_WRLCK)
    }

    /// Whether a recorder holds the history now. False where the lock may not be read.
    static func isHeld(for path: String) -> Bool {
        let descriptor = Glibc.open(Self.path(for: path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return isWriteLocked(descriptor)
    }

    /// F_OFD_GETLK and F_OFD_SETLK (include/uapi/asm-generic/fcntl.h), which Glibc shows only with _GNU_SOURCE.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private static func path(for database: String) -> String { database + "-lock" }

    private static func wholeFile(_ type: Int16) -> flock {
        flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return count > 0 ? Int32(String(decoding: buffer[..<count].prefix { $0 != 10 }, as: UTF8.self)) : nil
        }
    }
}

extension HistoryError {
    /// What an error number means for a file that was to be made.
    static func creating(_ path: String, _ number: Int32) -> HistoryError {
        switch number {
        case EACCES, EPERM: .permission(path: path)
        case ENOSPC, EDQUOT: .noRoom(path: path)
        case EIO: .inputOutput(path: path, reason: systemMessage(number))
        default: .cannotCreate(path: path, reason: systemMessage(number))
        }
    }
}
