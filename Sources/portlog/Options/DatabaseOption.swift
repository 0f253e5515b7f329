import ArgumentParser

/// `--database`: where the history is.
struct DatabaseOption: ParsableArguments {
    /// What was given on the command line.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "The file of the history.",
            discussion: """
                Default: $PORTLOG_DATABASE, else /var/lib/portlog/portlog.db where it exists, else \
                $XDG_STATE_HOME/portlog/portlog.db (~/.local/state when unset).
                """,
            valueName: "path"),
        completion: .file(extensions: ["db"]))
    var database: String?

    /// Where the system's recorder keeps its history.
    static let systemPath = "/var/lib/portlog/portlog.db"

    mutating func validate() throws {
        if database == "" { throw ValidationError("the path of --database is empty.") }
    }

    /// The path of the history.
    ///
    /// Where the system's is out of the user's sight and the user has none, a question is about the system's, and is refused: "permission
    /// denied" says more than "no such database".
    ///
    /// - Parameter recording: True for `record`, which as root also takes the system's path where there is no file yet.
    /// - Throws: ``PortlogError`` with status 64 when nothing tells where a user's files are.
    func path(in world: World, recording: Bool = false) throws -> String {
        if let database { return database }
        if let path = nonEmpty("PORTLOG_DATABASE", in: world) { return path }
        if recording && world.uid == 0 || world.fileExists(Self.systemPath) { return Self.systemPath }
        let own = ownPath(in: world)
        if !recording, world.isOutOfSight(Self.systemPath), !(own.map(world.fileExists) ?? false) {
            return Self.systemPath
        }
        if let own { return own }
        throw PortlogError(
            .usage, "cannot tell where the database is", why: "neither HOME nor XDG_STATE_HOME is set",
            whatToDo: "Give its path with --database.")
    }

    /// Where a user's own history is.
    private func ownPath(in world: World) -> String? {
        // The XDG Base Directory Specification: a relative path is invalid and to be ignored.
        if let state = nonEmpty("XDG_STATE_HOME", in: world), state.hasPrefix("/") {
            return Self.join(state, "portlog/portlog.db")
        }
        return nonEmpty("HOME", in: world).map { Self.join($0, ".local/state/portlog/portlog.db") }
    }

    private func nonEmpty(_ name: String, in world: World) -> String? {
        world.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func join(_ folder: String, _ file: String) -> String {
        folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)"
    }
}
