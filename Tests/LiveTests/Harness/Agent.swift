import Foundation
import Testing

@testable import portload

/// A process in a namespace that makes sockets as a test says.
final class Agent {
    private let process: ChildProcess
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    /// The process.
    var pid: Int32 { process.pid }

    /// Starts an agent.
    ///
    /// - Parameters:
    ///   - program: another path of the program, see ``Scratch/program(named:)``.
    ///   - uid: the user to run as.
    init(in namespace: NetworkNamespace, program: String = Binaries.portload, uid: UInt32? = nil) throws {
        encoder.keyEncodingStrategy = .convertToSnakeCase
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let command = [program, "agent"]
        let words = uid.map { ["setpriv", "--reuid=\($0)", "--clear-groups"] + command } ?? command
        process = try namespace.start(words[0], Array(words.dropFirst()), catchErrors: false)
        // The first answer shows that nsenter and setpriv have become the agent.
        try self(.init(command: .count, name: ""))
    }

    /// Has the agent do something that has to succeed.
    @discardableResult
    func callAsFunction(_ request: AgentRequest) throws -> AgentReply {
        let reply = try ask(request)
        guard reply.ok else { throw HarnessError("\(request.command.rawValue): \(reply)") }
        return reply
    }

    /// Has the agent try something.
    func ask(_ request: AgentRequest, milliseconds: Int = 20_000) throws -> AgentReply {
        let line = String(decoding: try encoder.encode(request), as: UTF8.self)
        guard process.write(line + "\n"), let answer = process.output.next(milliseconds: milliseconds) else {
            throw HarnessError("the agent does not answer to \(line)")
        }
        return try decoder.decode(AgentReply.self, from: Data(answer.utf8))
    }

    /// Kills the process, as a crash would.
    func kill() {
        process.end(SIGKILL)
        _ = process.wait()
    }

    /// Ends the process.
    func end() {
        process.closeInput()
        _ = process.wait(milliseconds: 5000)
    }
}
