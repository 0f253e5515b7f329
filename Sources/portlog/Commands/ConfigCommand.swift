import ArgumentParser
import PortModel

/// `portlog config`
struct ConfigCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The configuration of the recorder: check it, show it.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])

    func run(in world: World) async throws {
        throw ValidationError("say what to do: check or show.")
    }
}

/// `--config`: where the configuration file is.
struct ConfigOption: ParsableArguments {
    /// What was given on the command line.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "The configuration file. Default: \(ConfigurationLoader.systemPath), where there is one.", valueName: "path"
        ),
        completion: .file(extensions: ["yaml"]))
    var config: String?

    /// What puts it together with the environment and flags.
    func loader(in world: World, flags: [String: [String]] = [:]) -> ConfigurationLoader {
        ConfigurationLoader(path: config, environment: world.environment.filter { !$0.value.isEmpty }, flags: flags)
    }
}

/// `portlog config check`
struct ConfigCheckCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether the configuration is right; 64 and the key that is wrong, if not.")

    @OptionGroup var config: ConfigOption

    func run(in world: World) async throws {
        let loaded = try load(in: world)
        let set = loaded.origins.values.count { $0 != .standard }
        let alerts = loaded.configuration.alerts
        try world.output.write(
            "\(TextEscape.escaped(loaded.file ?? "no file")): right, \(HumanFormat.count(set, "key")) set, "
                + "\(HumanFormat.count(alerts.overrides.count, "override")), "
                + "\(HumanFormat.count(alerts.silences.count, "silence"))\n")
        if let program = loaded.configuration.delivery.exec.first, let trouble = world.trouble(program) {
            world.note("note: deliver.exec: \(program) \(trouble): no alert will reach it")
        }
    }

    /// Reads the configuration. That this command tells whether a file is right need not be said by it.
    private func load(in world: World) throws -> ConfigurationLoader.Loaded {
        let loader = config.loader(in: world)
        do { return try loader.load(in: world) } catch var error as PortlogError {
            if error.whatToDo == ConfigurationError.checking(loader.path ?? ConfigurationLoader.systemPath) {
                error.whatToDo = ""
            }
            throw error
        }
    }
}

extension World {
    /// Why a program cannot be run, as a clause; `nil` where nothing is wrong with it.
    fileprivate func trouble(_ program: String) -> String? {
        if !fileExists(program) { return "does not exist" }
        return isExecutable(program) ? nil : "is no program that this user may run"
    }
}

/// `portlog config show`
struct ConfigShowCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Every key with the value in force, and where that comes from.")

    @OptionGroup var config: ConfigOption

    func run(in world: World) async throws {
        let loaded = try config.loader(in: world).load(in: world)
        let values = ConfigurationKey.all.map { key in
            let texts = key.value(loaded.configuration)
            return key.isList ? "[\(texts.joined(separator: ", "))]" : texts.first ?? "-"
        }
        let names = ConfigurationKey.all.map(\.name)
        let widths = [names, values].map { $0.map(\.count).max() ?? 0 }
        for (key, value) in zip(ConfigurationKey.all, values) {
            let origin = loaded.origins[key.name] ?? .standard
            let cells = [key.name, TextEscape.escaped(value)].enumerated().map { index, cell in
                cell + String(repeating: " ", count: max(0, widths[index] - cell.count))
            }
            try world.output.write("\(cells[0])  \(cells[1])  \(origin.rawValue)\n")
        }
        for override in loaded.configuration.alerts.overrides {
            try world.output.write("overrides.\(TextEscape.escaped(override.name))  file\n")
        }
        for silence in loaded.configuration.alerts.silences {
            try world.output.write("silences.\(TextEscape.escaped(silence.name))  until \(silence.until)  file\n")
        }
    }
}
