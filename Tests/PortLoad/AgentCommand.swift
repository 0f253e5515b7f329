import ArgumentParser
import Foundation

/// `portload agent`: does what standard input says, a line at a time, and answers each with a line.
struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Makes and closes sockets as told on standard input, in JSON.",
        discussion: """
            One command a line, one answer a line; its sockets go with it at the end of the input. For example:
            {"command":"listen","name":"web","address":"127.0.0.1","port":8080,"accept":true}
            {"command":"connect","name":"clients","to":"127.0.0.1","to_port":8080,"count":10}
            {"command":"close_accepted","listener":"web","count":10}
            {"command":"close","name":"clients"}
            leave ten TIME_WAIT sockets on the server's side. A failure is {"ok":false,"errno":"EADDRINUSE","call":"bind"}.
            """)

    func run() throws {
        let input = LineReader(dup(0))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let agent = Agent()
        while let line = input.next() {
            let reply: AgentReply
            do {
                reply = agent.answer(try decoder.decode(AgentRequest.self, from: Data(line.utf8)))
            } catch {
                reply = AgentReply(ok: false, error: "\(error)")
            }
            StandardOutput.writeLine(String(decoding: try encoder.encode(reply), as: UTF8.self))
        }
    }
}
