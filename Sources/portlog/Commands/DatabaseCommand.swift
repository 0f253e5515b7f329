import ArgumentParser

/// `portlog database`: what is done with the file itself.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "Looks after the database: whether it is whole, its size, what is in it.",
        subcommands: [DatabaseCheckCommand.self, DatabaseCompactCommand.self, DatabaseInfoCommand.self])
}
