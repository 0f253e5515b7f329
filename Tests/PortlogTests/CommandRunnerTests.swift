import ArgumentParser
import Foundation
import Logging
import PortModel
import Testing

@testable import portlog

/// Stands in for the commands.
private struct Root: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portlog", version: "1.2.3", subcommands: [Instant.self, Period.self, Check.self, Failing.self])

    struct Instant: PortlogCommand {
        @OptionGroup var instant: InstantOptions
        func run(in world: World) async throws {
            try world.output.write("\(try instant.instant(in: world)?.rfc3339 ?? "newest")\n")
        }
    }

    struct Period: PortlogCommand {
        @OptionGroup var database: DatabaseOption
        @OptionGroup var period: PeriodOptions
        @OptionGroup var question: QuestionOptions
        func run(in world: World) async throws {
            _ = try period.period(in: world)
            try world.output.write("asked\n")
        }
    }

    struct Check: PortlogCommand {
        @Option var level: Int = 0
        func run(in world: World) async throws {
            if level == 9 { throw PortlogError(.noInput, "no such database") }
            if level > 0 { throw ExitCode(Int32(level)) }
        }
        static func exitCode(of error: PortlogError) -> Int32 { 3 }
    }

    struct Failing: PortlogCommand {
        @Argument var code: Int32
        func run(in world: World) async throws {
            try world.output.write("begun\n")
            if code == EPIPE { throw OutputError(code: code) }
            guard let status = ExitStatus(rawValue: code) else { throw CancellationError() }
            throw PortlogError(status, "cannot go on", why: "it is \u{1b}[31mred\nand long", whatToDo: "Paint it")
        }
    }
}

@Suite struct CommandRunnerTests {
    private func run(_ arguments: String...) async -> (code: Int32, output: String, errors: String) {
        let test = TestWorld()
        let code = await CommandRunner(root: Root.self, world: test.world).run(arguments)
        return (code, test.output.text, test.errors.text)
    }

    @Test("Every status is the exit code, with one line on standard error")
    func statuses() async {
        for status in ExitStatus.allCases where status != .done {
            let result = await run("failing", "\(status.rawValue)")
            #expect(result.code == status.rawValue)
            #expect(result.output == "begun\n")
            #expect(result.errors == "portlog: cannot go on: it is \\x1b[31mred and long. Paint it.\n")
        }
        #expect(await run("failing", "9").code == 74)
    }

    @Test(
        "A wrong command line is 64, says why, and names the help",
        arguments: [
            (["bogus"], "'bogus'", "'portlog --help'"),
            (["period", "--bogus"], "'--bogus'", "'portlog period --help'"),
            (["period", "--since"], "'--since <time>'", "'portlog period --help'"),
            (["period", "--since", "soon"], "'2h ago'", "'portlog period --help'"),
            (["period", "--at", "now", "--since", "-2h"], "--at", "'portlog period --help'"),
            (["period", "--since", "now", "--until", "-2h"], "--until", "leave one out"),
            (["period", "--limit", "-1"], "from 0", "'portlog period --help'"),
            (["period", "-o", "xml"], "'xml'", "'portlog period --help'"),
            (["instant", "--since", "-2h"], "one moment", "'portlog instant --help'"),
            (["instant", "--at", "now", "--until", "now"], "one moment", "'portlog instant --help'"),
            (["failing"], "'<code>'", "'portlog failing --help'"),
        ])
    func usage(arguments: [String], why: String, whatToDo: String) async {
        let test = TestWorld()
        #expect(await CommandRunner(root: Root.self, world: test.world).run(arguments) == 64)
        #expect(test.output.text == "")
        let lines = test.errors.text.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(test.errors.text.hasPrefix("portlog: wrong usage: "))
        #expect(test.errors.text.contains(why), "\(test.errors.text)")
        #expect(test.errors.text.contains(whatToDo), "\(test.errors.text)")
        #expect(test.errors.text.hasSuffix(".\n"))
    }

    @Test("An argument with an escape sequence is shown, not obeyed")
    func escapedArgument() async {
        let result = await run("\u{1b}[2J")
        #expect(result.code == 64)
        #expect(result.errors.contains("\\x1b[2J"))
        #expect(!result.errors.contains("\u{1b}"))
    }

    @Test("Values may begin with a dash")
    func dashes() async {
        #expect(await run("instant", "--at", "-2h").output == "2026-11-22T08:30:00.000Z\n")
        #expect(await run("instant", "--at=-2h").output == "2026-11-22T08:30:00.000Z\n")
        #expect(await run("period", "--since", "-2h", "--until", "-1h").output == "asked\n")
    }

    @Test("A value that begins with a minus is joined to its option, and nothing else is")
    func joining() {
        #expect(CommandRunner.joined(["a", "--since", "-2h", "--at", "x"]) == ["a", "--since=-2h", "--at", "x"])
        #expect(CommandRunner.joined(["--since=1", "-2h"]) == ["--since=1", "-2h"])
        #expect(CommandRunner.joined(["--since", "-h", "-2h"]) == ["--since", "-h", "-2h"])
        #expect(
            CommandRunner.joined(["--since", "- 2h", "--", "--since", "-2h"]) == [
                "--since=- 2h", "--", "--since", "-2h",
            ])
        #expect(CommandRunner.joined(["--since"]) == ["--since"])
    }

    @Test("Help and version go to standard output with 0")
    func help() async {
        let version = await run("--version")
        #expect(version == (0, "1.2.3\n", ""))
        for arguments in [["--help"], ["help"], ["period", "--help"], ["help", "period"], []] {
            let test = TestWorld()
            #expect(await CommandRunner(root: Root.self, world: test.world).run(arguments) == 0)
            #expect(test.output.text.contains("USAGE: portlog"))
            #expect(test.errors.text == "")
        }
        let help = await run("instant", "--help").output
        #expect(!help.contains("--since"))
    }

    @Test("check has its own codes, and 3 for every error, wrong usage included")
    func check() async {
        #expect(await run("check").code == 0)
        #expect(await run("check", "--level", "2") == (2, "", ""))
        #expect(await run("check", "--level", "9").code == 3)
        #expect(await run("check", "--bogus").code == 3)
        #expect(await run("check", "--help").code == 0)
    }

    @Test("A closed pipe ends quietly, another failure of the output does not")
    func closedPipe() async {
        #expect(await run("failing", "\(EPIPE)").errors == "")
        for (code, status) in [(EPIPE, 0), (ENOSPC, 74), (EIO, 74)] as [(Int32, Int32)] {
            for arguments in [["instant"], ["--help"]] {
                var test = TestWorld()
                test.world.output = OutputWriter { _ in throw OutputError(code: code) }
                #expect(await CommandRunner(root: Root.self, world: test.world).run(arguments) == status)
                #expect(test.errors.text.isEmpty == (status == 0))
            }
        }
    }

    @Test("The writer hands over everything in order, and nothing after a failure")
    func writer() throws {
        let capture = Capture()
        let target = capture.writer
        let writer = OutputWriter(capacity: 10) { try target.write($0) }
        for number in 0..<100 { try writer.write("\(number),") }
        #expect(!capture.text.hasSuffix("99,"))
        try writer.flush()
        #expect(capture.text == (0..<100).map { "\($0)," }.joined())
        let failing = OutputWriter(capacity: 1) { _ in throw OutputError(code: EIO) }
        #expect(throws: OutputError.self) { try failing.write("a") }
        #expect(throws: OutputError.self) { try failing.flush() }
    }

    @Test("A writer to a pipe sees that its reader has gone")
    func descriptor() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writer = OutputWriter.fileDescriptor(ends[1])
        try writer.write("hello")
        try writer.flush()
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &buffer, 16) == 5)
        close(ends[0])
        try writer.write("more")
        #expect(throws: OutputError(code: EPIPE)) { try writer.flush() }
        close(ends[1])
    }
}

@Suite struct PortlogErrorTests {
    @Test("A message is what happened, why, and what to do")
    func messages() {
        #expect("\(PortlogError(.noInput, "no sample", why: "empty", whatToDo: "Wait"))" == "no sample: empty. Wait.")
        #expect("\(PortlogError(.noInput, "no sample", whatToDo: "Wait!"))" == "no sample. Wait!")
        #expect("\(PortlogError(.noInput, "no sample", why: " is it?\n"))" == "no sample: is it?")
        #expect("\(PortlogError(.noInput, "no sample"))" == "no sample.")
    }
}

@Suite struct JournalLogHandlerTests {
    private func logged(_ form: JournalLogHandler.Form?, terminal: Bool = false, _ log: (Logger) -> Void) -> String {
        let test = TestWorld(terminal: Terminal(errorIsTerminal: terminal))
        var logger = Logger(label: "test") { _ in JournalLogHandler(world: test.world, form: form) }
        logger[metadataKey: "boot"] = "b1"
        log(logger)
        return test.errors.text
    }

    @Test("The journal gets its priorities, a person the time")
    func forms() {
        #expect(
            logged(.journal) { $0.warning("row skipped", metadata: ["line": "17"]) }
                == "<4>row skipped boot=b1 line=17\n")
        #expect(logged(nil, terminal: true) { $0.info("started") } == "\r\u{1b}[K10:30:00 started boot=b1\n")
        #expect(logged(nil) { $0.error("lost") } == "10:30:00 error: lost boot=b1\n")
        #expect(logged(nil) { $0.debug("nothing") } == "")
        #expect(Logger.Level.allCases.map(JournalLogHandler.priority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test("A record is one line whatever is in it")
    func oneLine() {
        let text = logged(.journal) {
            $0.notice("a\nb", metadata: ["text": "x \"y\"\u{1b}[1m\n<0>z", "empty": "", "list": ["1", "2"]])
        }
        #expect(
            text == "<5>a\\nb boot=b1 empty=\"\" list=\"[\\\"1\\\", \\\"2\\\"]\" text=\"x \\\"y\\\"\\x1b[1m\\n<0>z\"\n"
        )
        #expect(text.filter { $0 == "\n" }.count == 1)
        #expect(!text.contains("\u{1b}"))
    }
}
