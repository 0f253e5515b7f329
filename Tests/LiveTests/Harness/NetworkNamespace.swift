import Glibc

@testable import portload

/// A private network namespace, with nothing in it but a loopback interface.
///
/// A process that reads from this one holds it, so that it ends with the test whatever becomes of that.
final class NetworkNamespace {
    /// False where namespaces cannot be made.
    static let isPermitted: Bool = (try? Command.run("unshare", ["--net", "true"]).status) == 0

    private let holder: ChildProcess

    /// Makes a namespace.
    ///
    /// - Parameters:
    ///   - range: `ip_local_port_range`; a small one makes exhaustion cheap.
    ///   - sysctls: others, by their name below `net.ipv4.`.
    ///   - addresses: further addresses of lo, with their prefix lengths. Routed over lo, yet not loopback to the kernel.
    init(range: ClosedRange<UInt16>? = nil, sysctls: [String: String] = [:], addresses: [String] = []) throws {
        holder = try ChildProcess("unshare", ["--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"])
        guard holder.output.next(milliseconds: 10_000) == "ready" else { throw HarnessError("no namespace") }
        for address in addresses { try run("ip", ["address", "add", address, "dev", "lo", "nodad"]) }
        if let range { try set("ip_local_port_range", "\(range.lowerBound) \(range.upperBound)") }
        for (name, value) in sysctls { try set(name, value) }
    }

    /// Writes a sysctl, by its name below `net.ipv4.`.
    func set(_ name: String, _ value: String) throws {
        try run("sysctl", ["-q", "-w", "net.ipv4.\(name)=\(value)"])
    }

    /// Gives it a name, as `ip netns add` does; `ip netns delete` takes that away.
    func attach(name: String) throws {
        let result = try Command.run("ip", ["netns", "attach", name, "\(holder.pid)"])
        guard result.status == 0 else { throw HarnessError("ip netns attach: \(result)") }
    }

    /// What another process's thread has to enter.
    var path: String { "/proc/\(holder.pid)/ns/net" }

    /// Starts a program inside.
    func start(_ program: String, _ arguments: [String], catchErrors: Bool = true) throws -> ChildProcess {
        try ChildProcess("nsenter", inside(program, arguments), catchErrors: catchErrors)
    }

    /// Runs a program inside that has to succeed.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) throws -> Command {
        let result = try Command.run("nsenter", inside(program, arguments))
        guard result.status == 0 else { throw HarnessError("\(program) \(arguments): \(result)") }
        return result
    }

    /// A file of /proc/net, as this namespace shows it.
    func procNet(_ name: String) throws -> String {
        try FileText.read("/proc/\(holder.pid)/net/\(name)")
    }

    private func inside(_ program: String, _ arguments: [String]) -> [String] {
        ["--net=\(path)", program] + arguments
    }
}
