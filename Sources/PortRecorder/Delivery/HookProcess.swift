import CLinux
import Glibc

/// A program that is run with something on its standard input: no shell, no descriptors of this process, a group of its own.
struct HookProcess {
    /// What became of it.
    enum Outcome: Hashable, Sendable {
        /// It ended with this status.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)
        /// It took too long and was killed.
        case timedOut
        /// It could not be started; the error number.
        case notStarted(Int32)

        /// In words; `nil` when all is well.
        var failure: String? {
            switch self {
            case .exited(0): nil
            case .exited(let status): "it ended with status \(status)"
            case .signalled(let signal): "signal \(signal) ended it"
            case .timedOut: "it took too long and was killed"
            case .notStarted(let code): "it could not be started: \(String(cString: strerror(code)))"
            }
        }
    }

    /// The path and the arguments.
    var command: [String]
    /// What it reads.
    var input: [UInt8]
    /// The only variables that it has.
    var environment: [String: String]
    /// How long it may run.
    var timeout: Duration

    /// Runs it to its end. SIGPIPE stays blocked in the calling thread.
    ///
    /// - Returns: What became of it, and the last line that it wrote to its standard error.
    func run() -> (outcome: Outcome, said: String?) {
        guard let input = Self.makePipe() else { return (.notStarted(errno), nil) }
        guard let errors = Self.makePipe() else {
            let number = errno
            close(input.read)
            close(input.write)
            return (.notStarted(number), nil)
        }
        // That it does not read is no reason for a signal; the program itself has none blocked.
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
        let deadline = ContinuousClock.now + timeout
        let (started, pid) = spawn(standardInput: input.read, standardError: errors.write)
        close(input.read)
        close(errors.write)
        var words = LastWords(from: errors.read)
        defer { words.close() }
        guard started == 0 else {
            close(input.write)
            return (.notStarted(started), nil)
        }
        write(to: input.write, until: deadline, &words)
        close(input.write)
        let outcome = wait(for: pid, until: deadline, &words)
        words.take()
        return (outcome, words.line)
    }

    private static func makePipe() -> (read: Int32, write: Int32)? {
        var ends: (read: Int32, write: Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe2($0, O_CLOEXEC) }
        }
        return made == 0 ? ends : nil
    }

    private func spawn(standardInput: Int32, standardError: Int32) -> (error: Int32, pid: pid_t) {
        guard let path = command.first else { return (ENOENT, 0) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, standardError, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
        return (error, pid)
    }

    /// Writes what it is to read. That it does not want to is no failure.
    private func write(to descriptor: Int32, until deadline: ContinuousClock.Instant, _ words: inout LastWords) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var rest = input[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                guard Self.poll(descriptor, POLLOUT, until: deadline, &words) else { return }
            } else if errno != EINTR {
                return
            }
        }
    }

    private func wait(
        for pid: pid_t, until deadline: ContinuousClock.Instant, _ words: inout LastWords
    ) -> Outcome {
        let descriptor = pidfd_open(pid, 0)
        let hasEnded: Bool
        if descriptor >= 0 {
            hasEnded = Self.poll(descriptor, POLLIN, until: deadline, &words)
            close(descriptor)
        } else {
            // A kernel without it: look now and then.
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo == 0,
                ContinuousClock.now < deadline
            {
                words.take()
                usleep(20_000)
            }
            hasEnded = info.si_signo != 0
        }
        // What it has left behind goes with it. It is not reaped yet, so that the number is still its own.
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if !hasEnded { return .timedOut }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// Waits until a descriptor is ready, and takes what the program says meanwhile. False at the deadline.
    private static func poll(
        _ descriptor: Int32, _ events: Int32, until deadline: ContinuousClock.Instant, _ words: inout LastWords
    ) -> Bool {
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            if left <= 0 { return false }
            var items = [
                pollfd(fd: descriptor, events: Int16(events), revents: 0),
                pollfd(fd: words.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = Glibc.poll(&items, 2, Int32(min(60_000, left.rounded(.up))))
            if count < 0, errno != EINTR { return false }
            if count > 0, items[1].revents != 0 { words.take() }
            if count > 0, items[0].revents != 0 { return true }
        }
    }
}
