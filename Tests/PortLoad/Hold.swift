import ArgumentParser
import Glibc

/// `portload hold`: starts the processes, says when the load stands, and ends them.
struct Hold: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Holds connections and TIME_WAIT sockets.",
        discussion: """
            Prints one line of JSON when all is there, and holds it until --seconds have passed, SIGTERM or \
            SIGINT comes, or standard input, if it is a pipe, ends. Then all connections are reset and every \
            process is gone.

            TIME_WAIT lasts 60 seconds, and those made at the start end together. With --keep-time-wait they are \
            replaced as they go, judged by the namespace's /proc/net/sockstat.

            130 000 sockets, 40 000 of them in TIME_WAIT, in a network namespace of their own:
            unshare --net sh -c 'ip link set lo up; portload hold --connections 45000 --time-wait 40000'
            """)

    @OptionGroup var options: HoldOptions

    @Option(help: ArgumentHelp("Processes. Default: as many as their descriptors call for.", valueName: "p"))
    var processes: Int?

    @Option(help: ArgumentHelp("How long to hold the load once it stands. Default: without end.", valueName: "s"))
    var seconds: Int?

    @Flag(help: "Replace TIME_WAIT sockets as they end.")
    var keepTimeWait = false

    func run() throws {
        let began = Clock.now
        let plan = try HoldPlan(
            connections: options.connections, timeWait: options.timeWait, rate: options.rate, processes: processes,
            destinations: options.to)
        Self.catchSignals()

        // Each ends when its standard input does, however this process ends.
        let workers = try plan.shares.map { share in
            try ChildProcess("/proc/self/exe", ["hold-worker"] + options.arguments(for: share))
        }
        for worker in workers {
            guard let line = worker.output.next(), line == "ready" else {
                throw HoldError("a process did not get its share of the load done; see above")
            }
        }
        report(workers: workers.count, milliseconds: Clock.now - began)
        hold(workers)

        workers.forEach { $0.closeInput() }
        for worker in workers where worker.wait(milliseconds: 20_000) == nil {
            worker.end(SIGKILL)
        }
    }

    /// Waits for the end, and has missing TIME_WAIT sockets replaced meanwhile.
    private func hold(_ workers: [ChildProcess]) {
        let deadline = seconds.map { Clock.now + $0 * 1000 }
        while true {
            var pause = keepTimeWait ? 250 : 3_600_000
            if let deadline { pause = min(pause, max(0, deadline - Clock.now)) }
            if Self.endComes(within: pause) { return }
            if let deadline, Clock.now >= deadline { return }
            if keepTimeWait, let there = Sockstat.timeWait(), there < options.timeWait {
                for (index, worker) in workers.enumerated() {
                    _ = worker.write("\(HoldPlan.part(options.timeWait - there, index, workers.count))\n")
                }
            }
        }
    }

    /// Keeps SIGTERM and SIGINT back, so that they arrive in ``endComes(within:)`` and nowhere else.
    private static func catchSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigprocmask(SIG_BLOCK, &signals, nil)
        signal(SIGTERM) { _ in }
        signal(SIGINT) { _ in }
    }

    /// True when a signal or the end of standard input comes within `milliseconds`.
    private static func endComes(within milliseconds: Int) -> Bool {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var open = sigset_t()
        sigemptyset(&open)
        var input = fd_set()
        input.__fds_bits.0 = isPipe(0) ? 1 : 0
        return pselect(1, &input, nil, nil, &time, &open) != 0
    }

    private func report(workers: Int, milliseconds: Int) {
        let timeWait = Sockstat.timeWait().map(String.init) ?? "null"
        StandardOutput.writeLine(
            "{\"ready\":true,\"pid\":\(getpid()),\"processes\":\(workers),\"connections\":\(options.connections),"
                + "\"open_sockets\":\(options.connections * 2),\"time_wait\":\(timeWait),"
                + "\"rate\":\(options.rate),\"milliseconds\":\(milliseconds)}")
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { return false }
        return info.st_mode & S_IFMT == S_IFIFO || info.st_mode & S_IFMT == S_IFSOCK
    }
}
