import Glibc

/// An open file that closes itself.
struct ProcFile: ~Copyable {
    let descriptor: Int32

    /// Opens a file for reading; a relative path is below the open directory `directory`.
    init(_ path: String, in directory: Int32 = AT_FDCWD, flags: Int32 = 0) throws(ProcError) {
        var descriptor: Int32 = -1
        repeat {
            descriptor = openat(directory, path, O_RDONLY | O_CLOEXEC | flags)
        } while descriptor < 0 && errno == EINTR
        if descriptor < 0 { throw ProcError(errno: errno) }
        self.descriptor = descriptor
    }

    deinit { _ = close(descriptor) }

    /// Reads what one read(2) gives, 0 bytes at the end.
    @inline(__always)
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ProcError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            let code = errno
            if code != EINTR { throw ProcError(errno: code) }
        }
    }

    /// Reads the rest of the file, in pieces of up to `piece` bytes.
    func bytes(piece: Int = 4096) throws(ProcError) -> [UInt8] {
        var result: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return result }
            result.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
