import ArgumentParser
import PortModel
import PortReports

/// `--since`, `--until` and `--at` of the commands that answer about a period.
struct PeriodOptions: ParsableArguments {
    /// Where the period begins.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Where the period begins: -2h, today, 10:30. Default: an hour before its end.", valueName: "time"),
        transform: TimeExpression.init(parsing:))
    var since: TimeExpression?

    /// Where the period ends.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Where the period ends. Default: at the newest sample.", valueName: "time"),
        transform: TimeExpression.init(parsing:))
    var until: TimeExpression?

    /// The same as ``until``.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The hour up to this time: the same as --until alone.", valueName: "time"),
        transform: TimeExpression.init(parsing:))
    var at: TimeExpression?

    mutating func validate() throws {
        if at != nil && (since != nil || until != nil) {
            throw ValidationError(
                "--at stands for the hour up to a time, so it cannot stand together with --since or --until.")
        }
    }

    /// The period that was asked for, as far as it can be told without the history.
    func period(in world: World) throws -> PeriodQuery {
        let now = world.now()
        let since = try since?.timestamp(now: now, in: world.localTime)
        let until = try (until ?? at)?.timestamp(now: now, in: world.localTime)
        if let since, let until, since > until {
            throw PortlogError(
                .usage, "wrong usage", why: "--since (\(since)) lies after --until (\(until))",
                whatToDo: "Exchange them, or leave one out.")
        }
        return PeriodQuery(since: since, until: until)
    }
}
