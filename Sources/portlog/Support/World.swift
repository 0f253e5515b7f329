import Foundation
import PortModel

/// Everything outside of the program that a command may ask or change: never through globals, so that tests give their
/// own.
struct World: Sendable {
    /// The environment variables.
    var environment: [String: String]
    /// The effective user.
    var uid: UInt32
    /// The wall clock.
    var now: @Sendable () -> Timestamp
    /// The local time zone.
    var localTime: LocalTime
    /// What is known about where the output goes.
    var terminal: Terminal
    /// Standard output: the answer, and nothing else.
    var output: OutputWriter
    /// Standard error: errors and notes.
    var errors: OutputWriter
    /// Whether a file or directory of that path exists.
    var fileExists: @Sendable (String) -> Bool
    /// Whether a path is a file that the user may run.
    var isExecutable: @Sendable (String) -> Bool = { _ in true }
    /// Whether the user may not see if a file of that path exists.
    var isOutOfSight: @Sendable (String) -> Bool = { _ in false }

    /// The world of this process.
    static var process: World {
        let environment = ProcessInfo.processInfo.environment
        return World(
            environment: environment,
            uid: geteuid(),
            now: { Timestamp(seconds: Date().timeIntervalSince1970) },
            localTime: .system(),
            terminal: .process(environment: environment),
            output: .fileDescriptor(STDOUT_FILENO),
            errors: .fileDescriptor(STDERR_FILENO),
            fileExists: { access($0, F_OK) == 0 },
            isExecutable: { path in
                var status = stat()
                return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
            },
            isOutOfSight: { access($0, F_OK) != 0 && errno == EACCES })
    }

    /// Tells the user something that is no part of the answer: one line on standard error, `portlog: text`.
    ///
    /// What was answered before goes out first, so that both stand in order on a terminal. That standard error is
    /// closed is no reason to stop.
    func note(_ text: String) {
        try? output.flush()
        try? errors.write("portlog: \(TextEscape.escaped(text))\n")
        try? errors.flush()
    }
}
