import ArgumentParser
import PortModel

/// `--at` of the commands that answer about one moment.
struct InstantOptions: ParsableArguments {
    /// The moment.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "The moment asked about: -2h, 10:30, '2026-11-22 10:30:00'. The newest sample not after it answers. "
                + "Default: the newest sample.",
            valueName: "time"),
        transform: TimeExpression.init(parsing:))
    var at: TimeExpression?

    // Taken to be refused with a reason, rather than as unknown options.
    @Option(name: .long, parsing: .unconditional, help: .hidden) var since: String?
    @Option(name: .long, parsing: .unconditional, help: .hidden) var until: String?

    mutating func validate() throws {
        if since != nil || until != nil {
            throw ValidationError(
                "this command answers about one moment and takes --at TIME, not a period of --since and --until.")
        }
    }

    /// The moment that was asked for; `nil` for the newest sample. Of one that has not come yet a note says so.
    func instant(in world: World) throws -> Timestamp? {
        let now = world.now()
        let instant = try at?.timestamp(now: now, in: world.localTime)
        if let instant, instant - now > 1000 {
            world.note("note: \(instant) has not come yet: the newest sample answers")
        }
        return instant
    }
}
