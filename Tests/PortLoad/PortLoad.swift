import ArgumentParser

/// Makes sockets of every kind, for the live tests and the benchmarks. Not part of the product.
@main
struct PortLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portload",
        abstract: "Makes sockets for portlog's tests and benchmarks. Run it in a network namespace of its own.",
        subcommands: [Hold.self, HoldWorker.self, AgentCommand.self, ListenerWorker.self])
}
