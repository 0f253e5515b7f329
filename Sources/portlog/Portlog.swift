import ArgumentParser
import Foundation

/// The root command: what stands behind `portlog` and `portlog --help`.
@main
struct Portlog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portlog",
        abstract: "Remembers which sockets held which ports, and answers questions about any time since.",
        discussion: """
            `portlog record` samples this host's sockets into one SQLite file. The other commands answer from that \
            file, also while it is being written, also for any moment of the past.

            TIME     2026-11-22 10:30:00 · 10:30 · today · yesterday · now · -2h · 2h ago · @1763807400 · RFC 3339
            DURATION 500ms · 10s · 1m · 2h · 7d · 1h30m
            SIZE     4MiB · 1GiB

            Tables show local time, JSON and CSV show UTC.
            """,
        version: Version.current,
        subcommands: [
            RecordCommand.self, StatusCommand.self, TimeWaitCommand.self, EphemeralCommand.self, ConflictsCommand.self,
            ListenersCommand.self, WhoCommand.self, SocketsCommand.self, ExplainCommand.self, DoctorCommand.self,
            AlertsCommand.self, CheckGroup.self,
            ExportCommand.self,
            DatabaseCommand.self, ConfigCommand.self,
        ])

    /// Runs the program in its process, and ends it.
    static func main() async {
        occupyStandardDescriptors()
        // A pipe that its reader has closed is an error of write(2), not a death by signal.
        signal(SIGPIPE, SIG_IGN)
        let status = await CommandRunner(root: Self.self, world: .process).run(Array(CommandLine.arguments.dropFirst()))
        Foundation.exit(status)
    }

    /// Makes sure that no database ever gets the number of a standard stream that the caller has closed. Writing to
    /// such a stream fails as it would have.
    private static func occupyStandardDescriptors() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
