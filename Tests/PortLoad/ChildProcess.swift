import Glibc

/// A process that this one has started, with connections to its standard input, output and error.
///
/// These are socket pairs and no pipes, because sockets can be closed on exec from the first moment on, and written to
/// without SIGPIPE. The process begins with default signal handling whatever thread starts it: Dispatch's threads block
/// most signals.
final class ChildProcess {
    /// The process.
    let pid: pid_t
    /// The other end of its standard output.
    let output: LineReader
    /// The other end of its standard error; `nil` when it has this process's.
    let errors: LineReader?
    private var input: Int32
    private var status: Int32?

    /// Starts a program, found in PATH unless it has a slash.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - inherited: a descriptor that the process gets as its descriptor 3.
    ///   - catchErrors: false leaves it this process's standard error.
    init(_ program: String, _ arguments: [String], inherited: Int32? = nil, catchErrors: Bool = false) throws {
        let (childInput, ownInput) = try Self.pair()
        let (childOutput, ownOutput) = try Self.pair()
        let (childErrors, ownErrors) = catchErrors ? try Self.pair() : (2, -1)
        input = ownInput
        output = LineReader(ownOutput)
        errors = catchErrors ? LineReader(ownErrors) : nil
        defer {
            _ = close(childInput)
            _ = close(childOutput)
            if catchErrors { _ = close(childErrors) }
        }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, childInput, 0)
        posix_spawn_file_actions_adddup2(&actions, childOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, childErrors, 2)
        if let inherited {
            posix_spawn_file_actions_adddup2(&actions, inherited, 3)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var started: pid_t = 0
        let result = posix_spawnp(&started, program, &actions, &attributes, words, environ)
        pid = started
        guard result == 0 else {
            status = 127
            throw SocketFailure("posix_spawn \(program)", result)
        }
    }

    deinit {
        if status == nil {
            end(SIGKILL)
            _ = wait()
        }
        closeInput()
    }

    /// Writes to its standard input; false when nobody reads there.
    func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let rest = bytes.baseAddress.map { $0 + sent }
                let count = send(input, rest, bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Ends its standard input.
    func closeInput() {
        if input >= 0 { _ = close(input) }
        input = -1
    }

    /// Sends it a signal, if it has not been waited for.
    func end(_ signal: Int32) {
        if status == nil { kill(pid, signal) }
    }

    /// Waits for its end: the exit code, or 128 + the signal that killed it; `nil` when `milliseconds` have passed before.
    func wait(milliseconds: Int? = nil) -> Int32? {
        let deadline = milliseconds.map { Clock.now + $0 }
        while status == nil {
            var raw: Int32 = 0
            let result = waitpid(pid, &raw, deadline == nil ? 0 : WNOHANG)
            if result == pid {
                status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            } else if result < 0 && errno != EINTR {
                status = 127
            } else if let deadline, result == 0 {
                if Clock.now >= deadline { return nil }
                usleep(2000)
            }
        }
        return status
    }

    /// Two connected sockets that are closed on exec.
    static func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SocketFailure("socketpair") }
        return (ends[0], ends[1])
    }
}
