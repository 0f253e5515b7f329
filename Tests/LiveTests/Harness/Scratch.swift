import Foundation

/// A directory for one test, removed with it.
final class Scratch {
    /// The directory. Others may enter it, so that tests as another user find the files.
    let path: String

    /// Makes one below the directory for temporary files.
    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "portlog-live-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path below it.
    func file(_ name: String) -> String { path + "/" + name }

    /// The load generator under another name: another program, as far as /proc/PID/exe tells.
    func program(named name: String) throws -> String {
        let copy = file(name)
        // Not by this process: a child that another thread starts meanwhile would inherit the descriptor, and a file that somebody
        // may write cannot be executed (ETXTBSY).
        let result = try Command.run("cp", [Binaries.portload, copy])
        guard result.status == 0 else { throw HarnessError("cp: \(result)") }
        return copy
    }
}
