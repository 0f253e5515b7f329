import Glibc

/// What a descriptor of a process refers to.
public enum DescriptorTarget: Hashable, Sendable {
    /// A socket of any family, by its inode in sockfs.
    case socket(inode: UInt64)
    /// Anything else: a file, a pipe, an epoll instance.
    case other
    /// ENOENT or ESRCH: there is no such descriptor, or the process has ended.
    case vanished
    /// EACCES or EPERM.
    case permissionDenied
    /// Any other error number of readlink(2).
    case failed(errno: Int32)

    /// The inode of a socket; nil for everything else.
    @inlinable public var inode: UInt64? {
        if case .socket(let inode) = self { inode } else { nil }
    }
}

/// The descriptors of one process: its directory /proc/\<pid>/fd, held open for any number of questions.
///
/// Each entry is a symbolic link, `socket:[4711]` for a socket. Nothing is allocated for a descriptor. Like
/// ``ProcProcess`` it stands for the process, never for another that is given the same number later.
public struct ProcDescriptors: ~Copyable {
    private let directory: ProcDirectory

    /// The longest link that can be a socket's: `socket:[18446744073709551615]` has 29 bytes.
    private static let linkLimit = 32

    init(path: String, in parent: Int32 = AT_FDCWD) throws(ProcError) {
        directory = try ProcDirectory(path, in: parent)
    }

    /// How many descriptors are open, without listing them: the size of the directory, since Linux 6.2. Nil on older
    /// kernels, and where there are none.
    public var count: Int? {
        var status = Glibc.stat()
        guard fstat(directory.descriptor, &status) == 0, status.st_size > 0 else { return nil }
        return Int(status.st_size)
    }

    /// Calls `body` with every descriptor that is a socket, ascending, until it returns false. One that is closed
    /// meanwhile is left out; a process that ends meanwhile has no more.
    ///
    /// - Returns: How many descriptors were looked at, sockets or not.
    @discardableResult
    public func forEachSocket(_ body: (_ descriptor: Int32, _ inode: UInt64) -> Bool) throws(ProcError) -> Int {
        let parent = directory.descriptor
        var looked = 0
        var denied: DescriptorTarget?
        try directory.forEach { name in
            guard let descriptor = ProcDirectory.number(name) else { return true }
            looked += 1
            switch Self.target(name, in: parent) {
            case .socket(let inode): return body(descriptor, inode)
            case .other, .vanished: return true
            case let failure:
                denied = failure
                return false
            }
        }
        switch denied {
        case .permissionDenied: throw .permissionDenied
        case .failed(let code): throw .failed(errno: code)
        default: return looked
        }
    }

    /// What one descriptor refers to, without listing the others.
    public func target(of descriptor: Int32) -> DescriptorTarget {
        // "-2147483648" and the zero byte.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 12) { buffer in
            var rest = descriptor.magnitude
            var at = buffer.count - 1
            buffer[at] = 0
            repeat {
                at -= 1
                buffer[at] = CChar(0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            guard descriptor >= 0, let start = buffer.baseAddress else { return .vanished }
            return Self.target(start + at, in: directory.descriptor)
        }
    }

    /// The inode of the socket that a descriptor refers to; nil for everything else, for whatever reason.
    public func inode(of descriptor: Int32) -> UInt64? { target(of: descriptor).inode }

    private static func target(_ name: UnsafePointer<CChar>, in parent: Int32) -> DescriptorTarget {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: linkLimit) { buffer in
            guard let start = buffer.baseAddress else { return .other }
            let count = readlinkat(
                parent, name, UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self), linkLimit)
            guard count >= 0 else {
                return switch ProcError(errno: errno) {
                case .permissionDenied: .permissionDenied
                case .failed(let code): .failed(errno: code)
                default: .vanished
                }
            }
            return inode(start, count).map { .socket(inode: $0) } ?? .other
        }
    }

    /// Reads `socket:[4711]`, all of it.
    @inline(__always)
    static func inode(_ link: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        let prefix: StaticString = "socket:["
        guard count > 9, memcmp(link, prefix.utf8Start, 8) == 0 else { return nil }
        var scanner = ByteScanner(link + 8, end: link + count)
        guard let inode = scanner.decimal(UInt64.self), scanner.take(UInt8(ascii: "]")), scanner.left == 0 else {
            return nil
        }
        return inode
    }
}

extension ProcFS {
    /// Opens the directory of a process's descriptors.
    public func descriptors(of pid: Int32) throws(ProcError) -> ProcDescriptors {
        try ProcDescriptors(path: path("\(pid)/fd"))
    }

    /// What one descriptor of a process refers to. For more than one question ``descriptors(of:)`` is faster.
    public func target(of descriptor: Int32, in pid: Int32) -> DescriptorTarget {
        do {
            return try descriptors(of: pid).target(of: descriptor)
        } catch .vanished {
            return .vanished
        } catch .permissionDenied {
            return .permissionDenied
        } catch .failed(let code) {
            return .failed(errno: code)
        } catch {
            return .other
        }
    }
}
