import ArgumentParser
import Glibc

/// One process of `portload hold`: has both ends of its connections, and makes its part of the churn.
struct HoldWorker: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hold-worker", shouldDisplay: false)

    @OptionGroup var options: HoldOptions

    func run() throws {
        // Ctrl-C reaches the whole group; the parent decides when to end.
        signal(SIGINT, SIG_IGN)
        do {
            try work()
        } catch let failure as SocketFailure {
            throw HoldError("portload: \(failure.message)")
        }
    }

    private func work() throws {
        var pairs = try ConnectionPairs(to: options.to, port: options.port)
        for _ in 0..<options.connections { try pairs.open() }
        for _ in 0..<options.timeWait { try pairs.leaveTimeWait(options.timeWaitSide) }
        StandardOutput.writeLine("ready")

        // A tick every 20 ms makes what is due by now; a line of standard input asks for that many TIME_WAIT sockets.
        let input = LineReader(dup(0))
        let began = Clock.now
        var renewed = 0
        while !input.ended {
            if let line = input.next(milliseconds: options.rate > 0 ? 20 : nil), let missing = Int(line) {
                for _ in 0..<missing { try pairs.leaveTimeWait(options.timeWaitSide) }
            }
            let due = options.rate * (Clock.now - began) / 1000
            for _ in renewed..<max(renewed, due) { try pairs.renew(options.reset ? nil : options.timeWaitSide) }
            renewed = max(renewed, due)
        }
    }
}
