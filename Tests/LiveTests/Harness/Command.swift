import Glibc
import Testing

@testable import portload

/// A program run to its end.
struct Command {
    /// The exit code, or 128 + the signal.
    let status: Int32
    /// All of its standard output.
    let output: String
    /// All of its standard error.
    let errors: String

    /// The lines of a recorder's log whose message, behind the time of day and the level, begins so.
    func logged(_ text: String) -> [Substring] {
        errors.split(separator: "\n").filter { line in
            guard let start = line.prefixMatch(of: /[0-9:]{8} ([a-z]+: )?/) else { return false }
            return line[start.range.upperBound...].hasPrefix(text)
        }
    }

    /// Runs a program and waits for its end; after `milliseconds` it is killed, and the test has an issue.
    static func run(_ program: String, _ arguments: [String], milliseconds: Int = 30_000) throws -> Command {
        let process = try ChildProcess(program, arguments, catchErrors: true)
        process.closeInput()
        return finish(process, milliseconds: milliseconds)
    }

    /// Waits for the end of a process and reads what it writes meanwhile.
    static func finish(_ process: ChildProcess, milliseconds: Int = 30_000) -> Command {
        let deadline = Clock.now + milliseconds
        // A little of each in turn, so that neither fills up.
        while !(process.output.ended && process.errors?.ended ?? true) && Clock.now < deadline {
            process.output.fill(milliseconds: process.output.ended ? 0 : 20)
            process.errors?.fill(milliseconds: process.output.ended ? 20 : 0)
        }
        let status = process.wait(milliseconds: max(0, deadline - Clock.now))
        if status == nil {
            Issue.record("process \(process.pid) did not end within \(milliseconds) ms")
            process.end(SIGKILL)
            _ = process.wait()
        }
        return Command(
            status: status ?? 128 + SIGKILL, output: process.output.rest(), errors: process.errors?.rest() ?? "")
    }
}

/// Something that a test needs and did not get.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
