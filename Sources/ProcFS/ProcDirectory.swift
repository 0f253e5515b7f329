import Glibc

/// An open directory to be listed, again and again, without allocating for its entries.
struct ProcDirectory: ~Copyable {
    private let stream: OpaquePointer

    /// Where the name of an entry begins. A copy of `d_name` would be a tuple of 256 bytes.
    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

    init(_ path: String, in parent: Int32 = AT_FDCWD) throws(ProcError) {
        let descriptor = openat(parent, path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw ProcError(errno: errno) }
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw ProcError(errno: code)
        }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The descriptor, for the calls that end in `at`; it is closed with the directory.
    var descriptor: Int32 { dirfd(stream) }

    /// Calls `body` with the name of every entry, from the first on, until it returns false.
    func forEach(_ body: (UnsafePointer<CChar>) -> Bool) throws(ProcError) {
        let offset = Self.nameOffset
        rewinddir(stream)
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw ProcError(errno: errno) }
                return
            }
            if !body((UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)) { return }
        }
    }

    /// The number that a name consists of; nil for any other name.
    @inline(__always)
    static func number(_ name: UnsafePointer<CChar>) -> Int32? {
        var value: Int32 = 0
        var at = name
        while at.pointee != 0 {
            let digit = Int32(at.pointee) - 0x30
            guard 0...9 ~= digit else { return nil }
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(digit)
            guard !over, !carry else { return nil }
            value = sum
            at += 1
        }
        return at > name ? value : nil
    }
}
