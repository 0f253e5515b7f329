import Glibc

@testable import portload

extension NetworkNamespace {
    /// Makes a namespace and does something in a thread of this process that is inside: the sockets, the tables below /proc/thread-self
    /// and the sysctls that it sees are that namespace's.
    static func run<Result>(
        sysctls: [String: String] = [:], addresses: [String] = [], _ body: @escaping () throws -> Result
    ) throws -> Result {
        let namespace = try NetworkNamespace(sysctls: sysctls, addresses: addresses)
        var result: Result?
        try namespace.enter { result = try body() }
        guard let result else { throw HarnessError("nothing came of it") }
        return result
    }

    /// Writes a sysctl of the namespace that the calling thread is in, by its name below `net.ipv4.`.
    static func setHere(_ name: String, _ value: String) throws {
        let descriptor = open("/proc/sys/net/ipv4/\(name)", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SocketFailure("open \(name)") }
        defer { close(descriptor) }
        guard value.withCString({ write(descriptor, $0, strlen($0)) }) > 0 else { throw SocketFailure("write \(name)") }
    }
}
