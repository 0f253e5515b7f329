import Foundation

/// The programs under test, as `swift build` leaves them beside the test bundle.
enum Binaries {
    static let portlog = directory + "/portlog"
    static let portload = directory + "/portload"

    /// The directory of the test bundle: this very program's, or that of the bundle it was given.
    private static let directory: String = {
        let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") }
        let program = bundle ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: program).deletingLastPathComponent().path
    }()
}
