import CThreads
import Glibc

@testable import portload

/// Runs a test's body in a thread with a network namespace of its own, which ends with it: the sockets, the tables below
/// /proc/thread-self and the sysctls that it sees are that namespace's.
enum NamespaceThread {
    /// False where namespaces cannot be made.
    static let isPermitted = (try? Command.succeeds("unshare", ["--net", "true"])) == true

    /// Runs a body.
    ///
    /// - Parameters:
    ///   - sysctls: what to set, by the name below `net.`: `ipv4/ip_local_port_range`.
    ///   - addresses: more addresses of lo, with their prefix lengths.
    static func run<Result>(
        sysctls: [String: String] = [:], addresses: [String] = [], _ body: @escaping () throws -> Result
    ) throws -> Result {
        let work = Work {
            guard unshare(Int32(test_clone_newnet)) == 0 else { throw SocketFailure("unshare") }
            // A child of this thread is in the thread's namespace.
            guard try Command.succeeds("ip", ["link", "set", "lo", "up"]) else { throw SocketFailure("ip", 0) }
            for address in addresses {
                let isV6 = address.contains(":")
                _ = try Command.succeeds("ip", ["address", "add", address, "dev", "lo"] + (isV6 ? ["nodad"] : []))
            }
            for (name, value) in sysctls { try set(name, value) }
            return try body()
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<AnyWork>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passUnretained(work as AnyWork).toOpaque())
        guard status == 0 else { throw SocketFailure("pthread_create", status) }
        pthread_join(thread, nil)
        guard let result = work.result else { throw SocketFailure("pthread", 0) }
        return try result.get()
    }

    /// Writes a sysctl of the calling thread's namespace.
    static func set(_ name: String, _ value: String) throws {
        let descriptor = open("/proc/sys/net/\(name)", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SocketFailure("open \(name)") }
        defer { close(descriptor) }
        guard value.withCString({ write(descriptor, $0, strlen($0)) }) > 0 else { throw SocketFailure("write \(name)") }
    }

    private class AnyWork {
        func run() {}
    }

    private final class Work<Result>: AnyWork {
        private let body: () throws -> Result
        private(set) var result: Swift.Result<Result, any Error>?

        init(_ body: @escaping () throws -> Result) { self.body = body }

        override func run() { result = Swift.Result { try body() } }
    }
}

/// A program that is run to its end in the calling thread's namespace.
enum Command {
    static func succeeds(_ program: String, _ arguments: [String]) throws -> Bool {
        var pid = pid_t()
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        guard posix_spawnp(&pid, program, nil, nil, &words, environ) == 0 else { return false }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status == 0
    }
}
