import ArgumentParser

/// A command of portlog: it gets its world instead of reaching for it.
///
/// A command that ends with another status than 0 without an error, as `check` and `explain` do, throws
/// `ExitCode`; everything else that it throws is reported as ``PortlogError``.
protocol PortlogCommand: AsyncParsableCommand {
    /// Does the work.
    mutating func run(in world: World) async throws

    /// The exit code for an error of this command, wrong options included. By default the error's own status.
    static func exitCode(of error: PortlogError) -> Int32

    /// What standard output says of wrong arguments, for those who read nothing else. By default nothing.
    static func output(of error: PortlogError, _ arguments: [String]) -> String?
}

extension PortlogCommand {
    mutating func run() async throws { try await run(in: .process) }

    static func exitCode(of error: PortlogError) -> Int32 { error.status.rawValue }

    static func output(of error: PortlogError, _ arguments: [String]) -> String? { nil }
}
