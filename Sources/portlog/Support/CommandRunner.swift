import ArgumentParser

/// Runs a command line in a world: parses, runs, reports, and says how the process ends. It never ends the process
/// itself.
struct CommandRunner {
    /// The root command.
    var root: any ParsableCommand.Type
    /// What the commands work in.
    var world: World

    /// Runs the command that `arguments`, without the program's name, ask for. Returns the exit code.
    func run(_ arguments: [String]) async -> Int32 {
        let arguments = Self.joined(arguments)
        var command: any ParsableCommand
        do {
            command = try root.parseAsRoot(arguments)
        } catch {
            return finish(error, whileParsing: true, arguments)
        }
        do {
            if var command = command as? any PortlogCommand {
                try await command.run(in: world)
            } else if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try world.output.flush()
            return ExitStatus.done.rawValue
        } catch {
            return finish(error, whileParsing: false, arguments)
        }
    }

    /// The arguments with `--since -2h` as `--since=-2h`. ArgumentParser would take the value for the options `-2` and
    /// `-h`, and show the help instead of whatever is wrong with the command line.
    static func joined(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return result + [argument] + rest }
            if argument.hasPrefix("--"), !argument.contains("="), let value = rest.first, isNegative(value) {
                rest.removeFirst()
                result.append("\(argument)=\(value)")
            } else {
                result.append(argument)
            }
        }
        return result
    }

    /// Whether the text is a minus with a number: no option is called that.
    private static func isNegative(_ text: String) -> Bool {
        guard text.hasPrefix("-"), let next = text.dropFirst().first(where: { $0 != " " }) else { return false }
        return next.isASCII && next.isNumber
    }

    /// Reports the end of a command that threw, also where that is no failure.
    private func finish(_ error: any Error, whileParsing: Bool, _ arguments: [String]) -> Int32 {
        if let error = error as? OutputError, error.isClosedPipe { return ExitStatus.done.rawValue }
        if !whileParsing, let code = error as? ExitCode { return flushed(code.rawValue, arguments) }
        if !(error is any PortlogErrorConvertible), root.exitCode(for: error) == .success {
            return clean(error, arguments)
        }
        let failure = describe(error, whileParsing: whileParsing, arguments)
        let command = commandPath(of: arguments).last as? any PortlogCommand.Type
        if whileParsing || error is ValidationError, let output = command?.output(of: failure, arguments) {
            try? world.output.write(output)
        }
        // What was written before the error belongs to the answer; that it cannot be written is less important.
        try? world.output.flush()
        let priority = world.terminal.errorIsJournal ? JournalLogHandler.prefix(of: .error) : ""
        try? world.errors.write("\(priority)portlog: \(failure)\n")
        try? world.errors.flush()
        return command?.exitCode(of: failure) ?? failure.status.rawValue
    }

    /// Help, version, completion scripts: what argument-parser throws to end a program cleanly.
    private func clean(_ error: any Error, _ arguments: [String]) -> Int32 {
        do {
            try world.output.write(root.fullMessage(for: error, columns: world.terminal.columns) + "\n")
        } catch {
            return finish(error, whileParsing: false, arguments)
        }
        return flushed(ExitStatus.done.rawValue, arguments)
    }

    /// The code, once all output has gone out.
    private func flushed(_ code: Int32, _ arguments: [String]) -> Int32 {
        do {
            try world.output.flush()
            return code
        } catch {
            return finish(error, whileParsing: false, arguments)
        }
    }

    private func describe(_ error: any Error, whileParsing: Bool, _ arguments: [String]) -> PortlogError {
        if let error = error as? any PortlogErrorConvertible { return error.portlogError }
        let help = (commandPath(of: arguments).map { $0._commandName } + ["--help"]).joined(separator: " ")
        if whileParsing || error is ValidationError {
            return PortlogError(
                .usage, "wrong usage", why: root.message(for: error), whatToDo: "See '\(help)'.")
        }
        return PortlogError(
            .ioError, "the command failed", why: "\(error)", whatToDo: "This is a bug of portlog; please report it.")
    }

    /// The commands that the arguments name, the root first, as far as they can be told without parsing them.
    private func commandPath(of arguments: [String]) -> [any ParsableCommand.Type] {
        var path = [root]
        for argument in arguments {
            let subcommands = path[path.count - 1].configuration.subcommands
            guard let next = subcommands.first(where: { $0._commandName == argument }) else { break }
            path.append(next)
        }
        return path
    }
}
