import Glibc
import PortModel
import ProcFS
import Testing

/// Captures of real kernels, and where they are.
enum Fixture {
    static let directory = String(#filePath.dropLast("Support.swift".count)) + "Fixtures/"
    /// Everything that Fixtures/capture.py made, on Linux 6.18.
    static let host = ProcFS(root: directory + "host")

    static func bytes(_ name: String) throws -> [UInt8] { try readAll(directory + name) }

    static func readAll(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0, "\(path): \(String(cString: strerror(errno)))")
        defer { close(descriptor) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &piece, piece.count)
            try #require(count >= 0)
            if count == 0 { return result }
            result += piece[..<count]
        }
    }

    /// The header and the first rows of a capture.
    static func head(_ name: String, lines: Int) throws -> [UInt8] {
        var left = lines
        let start = try bytes(name).prefix { byte in
            if left == 0 { return false }
            if byte == 0x0a { left -= 1 }
            return true
        }
        return Array(start)
    }
}

/// A directory laid out like /proc that is removed with the value: keep it in a variable while it is read.
final class TemporaryRoot {
    let path: String
    var proc: ProcFS { ProcFS(root: path) }

    init() throws {
        var template = Array("/tmp/procfs-test-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = String(cString: try #require(made))
    }

    deinit { Self.remove(path) }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try makeParents(of: name)
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    func link(_ name: String, to target: String) throws {
        try makeParents(of: name)
        try #require(symlink(target, "\(path)/\(name)") == 0)
    }

    func makeDirectory(_ name: String) throws { try makeParents(of: name + "/") }

    private func makeParents(of name: String) throws {
        var directory = path
        for part in name.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            directory += "/" + part
            try #require(mkdir(directory, 0o755) == 0 || errno == EEXIST)
        }
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        guard let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(stream)
        rmdir(path)
    }
}

/// Runs `body` with the file access of another user and without the capabilities that override it. For the calling thread
/// alone: setfsuid(2) is the one identity that glibc does not spread over all of them.
func asUser<T>(_ uid: UInt32, _ body: () throws -> T) throws -> T {
    typealias SetUser = @convention(c) (UInt32) -> Int32
    let symbol = try #require(dlsym(nil, "setfsuid"))
    let setUser = unsafeBitCast(symbol, to: SetUser.self)
    _ = setUser(uid)
    defer { _ = setUser(geteuid()) }
    return try body()
}

/// What a parser says of a whole table.
struct ParsedTable: Equatable {
    var rows: [SocketRow] = []
    var malformed = 0
    var first: MalformedRow?

    /// Parses `bytes` in pieces, as a reader does; the parser sees each piece in memory of exactly its size.
    init(_ table: SocketTable, _ bytes: [UInt8], piece: Int = .max) {
        var parser = ProcNetTable(table, file: table.fileName)
        var carried: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let next = piece < bytes.count - at ? at + piece : bytes.count
            carried += bytes[at..<next]
            at = next
            carried.removeFirst(carried.withUnsafeBytes { parser.parse($0, into: &rows) })
        }
        carried.withUnsafeBytes { parser.finish($0) }
        malformed = parser.malformed
        first = parser.firstMalformed
    }
}

/// A TCP socket of this process on 127.0.0.1, closed at the end.
final class LocalSocket {
    let descriptor: Int32
    let port: UInt16
    let inode: UInt64

    init(listening: Bool) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = descriptor
        let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return bind(fd, name, length) == 0 && (!listening || listen(fd, 1) == 0)
                && getsockname(fd, name, &length) == 0
        }
        try #require(bound)
        port = UInt16(bigEndian: address.sin_port)
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        inode = UInt64(status.st_ino)
    }

    deinit { close(descriptor) }
}
