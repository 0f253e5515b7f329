import ArgumentParser

/// How a check is written.
enum CheckFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// One line, for a monitoring plugin.
    case plugin
    /// An OpenMetrics exposition, for node_exporter's textfile collector.
    case openmetrics
}

/// What every check takes.
struct CheckOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOption

    /// From where on it is a warning.
    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: ArgumentHelp("A warning outside of this range: 80, 10:, ~:80, 10:20, @10:20.", valueName: "range"),
        transform: CheckRange.init(parsing:))
    var warning: CheckRange?

    /// From where on it is critical.
    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: ArgumentHelp("Critical outside of this range.", valueName: "range"),
        transform: CheckRange.init(parsing:))
    var critical: CheckRange?

    /// About one network namespace only.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Only this network namespace. Default: all.", valueName: "name"))
    var namespace: String?

    /// How many destinations have figures of their own.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("How many of the worst have figures of their own, 0 to 100. Default: 5.", valueName: "n"))
    var top = 5

    /// How the result is written.
    @Option(
        name: [.short, .long], parsing: .unconditional,
        help: "One line for a monitoring plugin, or OpenMetrics for node_exporter's textfile collector.")
    var output: CheckFormat = .plugin

    mutating func validate() throws {
        guard (0...100).contains(top) else { throw ValidationError("--top is \(top); it goes from 0 to 100.") }
    }

    /// Writes a result and ends with its status.
    func show(_ result: CheckResult, in world: World) throws {
        try world.output.write(output == .plugin ? result.pluginLine : result.openMetrics)
        try world.output.flush()
        // A collector takes an exit code other than 0 for a failure, and the status is in the exposition.
        if output == .plugin, result.status != .ok { throw ExitCode(result.status.rawValue) }
    }
}

/// A subcommand of `check`: whatever goes wrong is UNKNOWN, which is 3.
protocol CheckCommand: PortlogCommand {
    /// What is checked, as it stands in the line.
    static var service: String { get }

    /// What every check takes.
    var options: CheckOptions { get }

    /// Checks.
    func check(in world: World) throws -> CheckResult
}

extension CheckCommand {
    func run(in world: World) async throws {
        let result: CheckResult
        do {
            result = try check(in: world)
        } catch {
            // Monitoring reads standard output; the error itself goes where errors go.
            let reason = (error as? any PortlogErrorConvertible)?.portlogError.description ?? "\(error)"
            let unknown = CheckResult(service: Self.service, status: .unknown, text: reason)
            try world.output.write(options.output == .plugin ? unknown.pluginLine : unknown.openMetrics)
            throw error
        }
        try options.show(result, in: world)
    }

    static func exitCode(of error: PortlogError) -> Int32 { CheckStatus.unknown.rawValue }

    static func output(of error: PortlogError, _ arguments: [String]) -> String? {
        let unknown = CheckResult(service: service, status: .unknown, text: error.description)
        return arguments.contains { $0.hasSuffix(CheckFormat.openmetrics.rawValue) }
            ? unknown.openMetrics : unknown.pluginLine
    }
}
