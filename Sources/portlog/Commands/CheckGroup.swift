import ArgumentParser
import PortHistory
import PortModel
import PortReports

/// `portlog check`
struct CheckGroup: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "One figure against thresholds, for Nagios, Icinga, Zabbix and node_exporter.",
        discussion: """
            One line by the guidelines of the monitoring plugins, with performance data; the exit code is 0 OK, 1 WARNING, \
            2 CRITICAL, 3 UNKNOWN. A range is alarming outside of its ends: 80 is 0 to 80, 10: is from 10 up, ~:80 is up to \
            80, @10:20 is alarming inside.
            """,
        subcommands: [
            CheckEphemeralCommand.self, CheckTimeWaitCommand.self, CheckConflictsCommand.self,
            CheckRecorderCommand.self,
        ])

    func run(in world: World) async throws {
        throw ValidationError("say what to check: ephemeral, time-wait, conflicts or recorder.")
    }

    static func exitCode(of error: PortlogError) -> Int32 { CheckStatus.unknown.rawValue }

    static func output(of error: PortlogError, _ arguments: [String]) -> String? {
        CheckResult(service: "CHECK", status: .unknown, text: error.description).pluginLine
    }
}
