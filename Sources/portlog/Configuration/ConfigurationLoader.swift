import Configuration
import PortModel

/// Puts together what flags, the environment, the file and the defaults say, in this order.
struct ConfigurationLoader: Sendable {
    /// Where the system's recorder has its configuration.
    static let systemPath = "/etc/portlog/portlog.yaml"

    /// Where a value comes from.
    enum Origin: String, Sendable {
        case flag, environment, file, standard = "default"
    }

    /// The file that was asked for; `nil`: the system's, where there is one.
    var path: String?
    /// The environment variables.
    var environment: [String: String]
    /// What flags say, by the names of their keys.
    var flags: [String: [String]] = [:]

    /// What was put together.
    struct Loaded: Sendable {
        /// The values.
        var configuration: RecorderConfiguration
        /// The file that was read; `nil` where there is none.
        var file: String?
        /// Where the value of each key comes from.
        var origins: [String: Origin]
    }

    /// Reads everything.
    ///
    /// - Throws: ``PortlogError`` with status 64, naming the key, the value and what is allowed.
    func load(in world: World) throws -> Loaded {
        let file = try (path ?? (world.fileExists(Self.systemPath) ? Self.systemPath : nil))
            .map { try ConfigurationFile(path: $0) }
        var loaded = Loaded(configuration: RecorderConfiguration(), file: file?.path, origins: [:])
        let values = try fileValues(file)
        let reader = ConfigReader(providers: [
            InMemoryProvider(name: Origin.flag.rawValue, values: Self.provided(flags)),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "portlog"),
            InMemoryProvider(name: Origin.file.rawValue, values: Self.provided(values.mapValues(\.texts))),
        ])
        for key in ConfigurationKey.all {
            let texts =
                key.isList
                ? reader.stringArray(forKey: ConfigKey(key.path))
                : reader.string(forKey: ConfigKey(key.path)).map { [$0] }
            guard let texts else {
                loaded.origins[key.name] = .standard
                continue
            }
            let origin: Origin =
                flags[key.name] != nil ? .flag : environment[key.variable] != nil ? .environment : .file
            loaded.origins[key.name] = origin
            do { try key.set(&loaded.configuration, texts) } catch {
                throw ConfigurationError.value(
                    place(of: key.name, origin, file, values), key.name, texts.joined(separator: ", "),
                    allowed: key.allowed)
            }
        }
        if let file {
            try ConfigurationNames.read(
                file, now: world.now(), world.localTime, into: &loaded.configuration.alerts)
        }
        if let (keys, why) = loaded.configuration.contradiction {
            let places = keys.compactMap { name -> String? in
                let origin = loaded.origins[name] ?? .standard
                return origin == .standard ? nil : place(of: name, origin, file, values)
            }
            throw PortlogError(
                .usage, "wrong configuration", why: (places.prefix(1) + [why]).joined(separator: ": "))
        }
        return loaded
    }

    /// Where the value of a key stands.
    private func place(
        of name: String, _ origin: Origin, _ file: ConfigurationFile?, _ values: [String: ConfigurationFile.Value]
    ) -> String {
        switch origin {
        case .environment: "the environment variable \(ConfigurationKey.named(name)?.variable ?? "")"
        case .file: "\(file?.path ?? "") line \(values[name]?.line ?? 0)"
        default: "the command line"
        }
    }

    /// The values of the file that stand below known keys; anything else is refused.
    private func fileValues(_ file: ConfigurationFile?) throws -> [String: ConfigurationFile.Value] {
        guard let file else { return [:] }
        var values: [String: ConfigurationFile.Value] = [:]
        for (name, value) in file.values {
            if ["overrides", "silences"].contains(where: { name == $0 || name.hasPrefix($0 + ".") }) { continue }
            let place = "\(file.path) line \(value.line)"
            guard let key = ConfigurationKey.named(name) else {
                // `keep:` with nothing below it.
                if ConfigurationKey.all.contains(where: { $0.name.hasPrefix(name + ".") }), value.texts == [""] {
                    continue
                }
                throw ConfigurationError.unknown(place, name, known: Self.neighbours(of: name))
            }
            guard key.isList == value.isList || value.texts == [""] else {
                throw ConfigurationError.value(
                    place, name, value.texts.joined(separator: ", "), allowed: key.allowed)
            }
            var value = value
            if key.isList, !value.isList { value.texts = [] }
            values[name] = value
        }
        return values
    }

    /// The keys that stand where one does not.
    private static func neighbours(of name: String) -> [String] {
        let parts = name.split(separator: ".")
        for depth in stride(from: parts.count - 1, through: 0, by: -1) {
            let prefix = parts[..<depth].map { $0 + "." }.joined()
            var known: [String] = []
            for key in ConfigurationKey.all where key.name.hasPrefix(prefix) {
                let next = String(key.name.dropFirst(prefix.count).prefix { $0 != "." })
                if !known.contains(next) { known.append(next) }
            }
            if depth == 0 { known += ["overrides", "silences"] }
            if !known.isEmpty { return known }
        }
        return []
    }

    private static func provided(_ values: [String: [String]]) -> [AbsoluteConfigKey: ConfigValue] {
        var provided: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, texts) in values {
            guard let key = ConfigurationKey.named(name) else { continue }
            let content: ConfigContent = key.isList ? .stringArray(texts) : .string(texts.first ?? "")
            provided[AbsoluteConfigKey(key.path)] = ConfigValue(content, isSecret: false)
        }
        return provided
    }
}
