import Glibc
import PortModel

/// What stands in the first bytes of a history, read without SQLite, so that a file that is not portlog's is never touched.
///
/// Source: https://www.sqlite.org/fileformat2.html#the_database_header
public struct HistoryFile: Sendable {
    /// What a file is.
    public enum Kind: Equatable, Sendable {
        /// There is no file.
        case missing
        /// The file has no content.
        case empty
        /// A history of portlog.
        case history
        /// Anything else.
        case foreign
    }

    /// Marks a SQLite file as portlog's: "PLOG".
    public static let applicationID: Int32 = 0x504C_4F47

    /// What the file at the path is. A link is followed.
    ///
    /// Not to be asked while this process records into the file: closing a descriptor lets go of all POSIX locks that the process has
    /// on the file (`fcntl(2)`), SQLite's included.
    ///
    /// - Throws: ``HistoryError/permission(path:)`` or ``HistoryError/inputOutput(path:reason:)``.
    public static func kind(at path: String) throws(HistoryError) -> Kind {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return .missing
            case EACCES, EPERM: throw .permission(path: path)
            case ENOTDIR, ELOOP, ENAMETOOLONG: throw .cannotCreate(path: path, reason: systemMessage(errno))
            default: throw .inputOutput(path: path, reason: systemMessage(errno))
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .foreign }
        return withUnsafeTemporaryAllocation(byteCount: 100, alignment: 8) { header in
            let count = pread(descriptor, header.baseAddress, header.count, 0)
            if count == 0 { return .empty }
            guard count == header.count, header.starts(with: "SQLite format 3\0".utf8) else { return .foreign }
            let id = Int32(bigEndian: header.loadUnaligned(fromByteOffset: 68, as: Int32.self))
            return id == applicationID ? .history : .foreign
        }
    }

    /// The path without symbolic links, so that one file has one name, one lock and one write-ahead log.
    ///
    /// It is absolute, which also keeps SQLite from reading a meaning into it (`file:`, `:memory:`).
    static func resolved(_ path: String) -> String {
        func real(_ path: String) -> String? {
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        if let path = real(path) { return path }
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard let folder = real(folder) else { return path.hasPrefix("/") ? path : "./" + path }
        return folder == "/" ? "/" + name : "\(folder)/\(name)"
    }

    /// Refuses to write a file that a second recorder, or SQLite's other users, could come to by another name: lock and write-ahead
    /// log go by the name (https://www.sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file).
    ///
    /// - Throws: ``HistoryError/severalNames(path:count:)``.
    static func expectOneName(_ path: String) throws(HistoryError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_nlink > 1 else { return }
        throw .severalNames(path: path, count: Int(status.st_nlink))
    }

    /// What a symbolic link at a path says; `nil` where there is none.
    static func linkTarget(at path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(path, start, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: buffer[..<count].lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Which file stands at a path; `nil` where there is none.
    static func identity(at path: String) -> (device: UInt, inode: UInt)? {
        var status = stat()
        return stat(path, &status) == 0 ? (UInt(status.st_dev), UInt(status.st_ino)) : nil
    }

    /// Whether the file system has room for some more pages.
    static func hasRoom(at path: String) -> Bool { room(at: path).map { $0 > 1 << 18 } ?? false }

    /// The bytes that the file system has left; `nil` where it does not tell.
    static func room(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// Whether nothing on the file system can be changed.
    static func isOnReadOnlyDisk(_ path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    }
}

/// The system's words for an error number, `strerror(3)`.
func systemMessage(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}

extension HistoryFile {
    /// Moves a damaged history and its companions out of the way, to `PATH.damaged-TIME`.
    ///
    /// - Parameter time: goes into the name, in UTC to the millisecond: `20261122T103000.000Z`.
    /// - Returns: Where the file is now.
    public static func setAside(_ path: String, at time: Timestamp) throws(HistoryError) -> String {
        let path = resolved(path)
        let stamp = time.rfc3339.filter { $0 != "-" && $0 != ":" }
        let aside = "\(path).damaged-\(stamp)"
        for suffix in ["-wal", "-shm", "-journal", ""] where rename(path + suffix, aside + suffix) != 0 {
            if errno == ENOENT { continue }
            throw .creating(aside, errno)
        }
        return aside
    }
}
