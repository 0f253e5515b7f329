import ArgumentParser
import PortHistory

/// What every question takes: how to answer, and about which sockets.
struct QuestionOptions: ParsableArguments {
    @OptionGroup var answer: AnswerOptions
    @OptionGroup var sockets: FilterOptions

    /// How many entries of a list are shown; `nil` when nothing was given.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "How many entries of a list to show at most; 0 shows all. What is left out is counted. Default: 1000 (sockets: all).",
            valueName: "n"),
        transform: QuestionOptions.readLimit)
    var limit: Int?

    /// The limit of a list unless the command says otherwise.
    static let defaultLimit = 1000

    /// Which sockets the question is about.
    var filter: SocketFilter { sockets.filter }

    /// How many entries to show at most; 0 for all.
    ///
    /// - Parameter standard: The command's own default.
    func limit(default standard: Int = QuestionOptions.defaultLimit) -> Int {
        limit ?? standard
    }

    /// Writes a report to standard output in the format asked for.
    func show(_ report: some Presentation, in world: World) throws { try answer.show(report, in: world) }

    private static func readLimit(_ text: String) throws -> Int {
        guard let limit = Int(text), limit >= 0 else {
            throw ValueError("a limit is a whole number from 0 (all) up")
        }
        return limit
    }
}
