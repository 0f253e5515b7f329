import ArgumentParser

/// When output is coloured.
enum ColorMode: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// On a terminal, unless `NO_COLOR` is set.
    case auto
    /// Always.
    case always
    /// Never.
    case never

    /// Whether to colour in a world. `NO_COLOR` (any value but an empty one) and `TERM=dumb` count for ``auto`` only:
    /// what was asked for in words is done.
    func isOn(in world: World) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            world.terminal.outputIsTerminal && (world.environment["NO_COLOR"] ?? "").isEmpty
                && world.environment["TERM"] != "dumb"
        }
    }
}
