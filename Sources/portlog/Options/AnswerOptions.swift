import ArgumentParser

/// `--output` and `--color`: how an answer is written.
struct AnswerOptions: ParsableArguments {
    /// How the answer is written.
    @Option(
        name: [.short, .long], parsing: .unconditional, help: "How to write the answer: for people, or as JSON or CSV.")
    var output: OutputFormat = .table

    /// When the table is coloured.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "When to colour the table; auto: on a terminal, unless NO_COLOR is set.", valueName: "when"))
    var color: ColorMode = .auto

    /// Writes a report to standard output in the format asked for.
    func show(_ report: some Presentation, in world: World) throws {
        try Renderer(format: output, color: color, world: world).render(report)
    }
}
