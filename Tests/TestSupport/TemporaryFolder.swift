import Foundation

/// A folder that goes with the test.
public final class TemporaryFolder {
    /// Where it is.
    public let path: String

    /// A new, empty folder.
    public init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }
}
