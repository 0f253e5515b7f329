import Glibc

/// /proc/\<pid>/ns/net: the network namespace that a process lives in (namespaces(7)).
enum ProcNamespace {
    /// The longest link that names one: `net:[18446744073709551615]` has 26 bytes.
    static let linkLimit = 32

    /// Reads `net:[4026531840]`, all of it: the namespace's inode in nsfs, which no other has while it lasts.
    static func inode(_ link: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
        let prefix: StaticString = "net:["
        guard count > 6, memcmp(link, prefix.utf8Start, 5) == 0 else { return nil }
        var scanner = ByteScanner(link + 5, end: link + count)
        guard let inode = scanner.decimal(UInt64.self), scanner.take(UInt8(ascii: "]")), scanner.left == 0 else {
            return nil
        }
        return inode
    }
}

extension ProcFS {
    /// The inode of the network namespace that a process lives in: that of its first thread.
    ///
    /// - Parameter process: a pid, or `self`.
    /// - Throws: ``ProcError/permissionDenied`` for what ptrace(2) may not look into, ``ProcError/vanished`` for one that has ended.
    public func networkNamespace(of process: String) throws(ProcError) -> UInt64 {
        var error: ProcError?
        let inode = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ProcNamespace.linkLimit) {
            buffer -> UInt64? in
            guard let start = buffer.baseAddress else { return nil }
            let link = UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self)
            let count = readlink(path("\(process)/ns/net"), link, buffer.count)
            if count < 0 { error = ProcError(errno: errno) }
            return count < 0 ? nil : ProcNamespace.inode(start, count)
        }
        if let error { throw error }
        guard let inode else { throw .malformed(field: "ns/net") }
        return inode
    }

    /// The network namespace of a process.
    public func networkNamespace(of pid: Int32) throws(ProcError) -> UInt64 { try networkNamespace(of: "\(pid)") }
}

/// The names that ip-netns(8) gives to network namespaces: /run/netns/NAME is a mount of each.
public struct NamedNamespaces: Sendable {
    /// The directory.
    public let directory: String

    /// The names in a directory.
    public init(directory: String = "/run/netns") { self.directory = directory }

    /// The file of a name.
    public func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The names by inode. Where one namespace has several, the first in the order of the alphabet.
    public func names() -> [UInt64: String] {
        guard let entries = try? ProcDirectory(directory) else { return [:] }
        var found: [String] = []
        try? entries.forEach { name in
            if name.pointee != 0x2e { found.append(String(cString: name)) }
            return true
        }
        var names: [UInt64: String] = [:]
        for name in found.sorted() {
            var status = stat()
            guard stat(path(name), &status) == 0 else { continue }
            if names[UInt64(status.st_ino)] == nil { names[UInt64(status.st_ino)] = name }
        }
        return names
    }
}
