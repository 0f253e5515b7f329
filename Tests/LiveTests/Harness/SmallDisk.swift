import Glibc

@testable import portload

/// A small file system in memory, which only processes in its mount namespace see. It goes with the test, whatever becomes of that.
final class SmallDisk {
    /// Where it is, for processes inside.
    let path: String
    private let holder: ChildProcess

    /// Makes one.
    ///
    /// - Parameter size: as mount(8) takes it: `3m`.
    init(_ size: String, in scratch: Scratch) throws {
        path = scratch.file("disk")
        let mount = "mkdir \(path) && mount -t tmpfs -o size=\(size),mode=0755 none \(path) && echo ready && exec cat"
        holder = try ChildProcess("unshare", ["--mount", "sh", "-c", mount])
        guard holder.output.next(milliseconds: 10_000) == "ready" else { throw HarnessError("no file system") }
    }

    /// A path below it, for processes inside.
    func file(_ name: String) -> String { path + "/" + name }

    /// The same path for processes that are not inside.
    func outside(_ name: String) -> String { "/proc/\(holder.pid)/root\(path)/\(name)" }

    /// The words of a command that has a program run inside.
    func inside(_ words: [String]) -> [String] { ["nsenter", "--mount=/proc/\(holder.pid)/ns/mnt"] + words }

    /// Makes it larger.
    func resize(_ size: String) throws {
        let words = inside(["mount", "-o", "remount,size=\(size)", path])
        let result = try Command.run(words[0], Array(words.dropFirst()))
        guard result.status == 0 else { throw HarnessError("remount: \(result)") }
    }

    /// Takes all the room that is left, until ``clear()``.
    func fill() throws {
        let descriptor = open(outside("ballast"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HarnessError("no ballast: errno \(errno)") }
        defer { _ = close(descriptor) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, page, page.count) > 0 {}
        guard errno == ENOSPC else { throw HarnessError("the disk is not full: errno \(errno)") }
    }

    /// Gives back what ``fill()`` took.
    func clear() { _ = unlink(outside("ballast")) }
}
