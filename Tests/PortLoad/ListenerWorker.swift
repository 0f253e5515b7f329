import ArgumentParser
import Glibc

/// A process that holds a listening socket of its parent and does nothing with it, until standard input ends.
struct ListenerWorker: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "listener-worker", shouldDisplay: false)

    func run() throws {
        StandardOutput.writeLine("ready")
        let input = LineReader(dup(0))
        while input.next() != nil {}
    }
}
