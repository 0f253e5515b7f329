import Glibc

/// Keeps sockets under names, and does to them what it is asked.
final class Agent {
    private var sockets: [String: [Socket]] = [:]
    private var acceptors: [String: BackgroundAcceptor] = [:]
    private var workers: [String: [ChildProcess]] = [:]

    /// Does what is asked.
    func answer(_ request: AgentRequest) -> AgentReply {
        do {
            return try perform(request)
        } catch let failure as SocketFailure {
            return AgentReply(ok: false, errno: failure.errnoName, call: failure.call)
        } catch {
            return AgentReply(ok: false, error: "\(error)")
        }
    }

    private func perform(_ request: AgentRequest) throws -> AgentReply {
        switch request.command {
        case .listen: try listen(request)
        case .bind: reply(ports: keep([try request.bound()], request))
        case .startListening: try startListening(request)
        case .connect: try connect(request)
        case .connectUntilFail: try untilFail(request, request.connected)
        case .bindUntilFail: try untilFail(request, request.bound)
        case .accept: try accept(request)
        case .awaitAccepted: AgentReply(count: try acceptor(request).wait(for: request.count ?? 1))
        case .close: try close(request)
        case .closeAccepted: try closeAccepted(request)
        case .shutdown: try shutdown(request)
        case .forkWorkers: try forkWorkers(request)
        case .setUID: try setUID(request)
        case .count: AgentReply(count: sockets[try request.need(\.name)]?.count ?? 0)
        }
    }

    // MARK: Making sockets

    private func listen(_ request: AgentRequest) throws -> AgentReply {
        let socket = try request.bound()
        do {
            try socket.listen(backlog: request.backlog ?? 4096)
        } catch {
            socket.close()
            throw error
        }
        if request.accept == true {
            acceptors[try request.need(\.name)] = try BackgroundAcceptor(socket)
        }
        return reply(ports: keep([socket], request))
    }

    private func startListening(_ request: AgentRequest) throws -> AgentReply {
        for socket in try named(request) { try socket.listen(backlog: request.backlog ?? 4096) }
        return AgentReply()
    }

    private func connect(_ request: AgentRequest) throws -> AgentReply {
        var made: [Socket] = []
        defer { keep(made, request) }
        for _ in 0..<(request.count ?? 1) { made.append(try request.connected()) }
        return reply(ports: made)
    }

    private func untilFail(_ request: AgentRequest, _ make: () throws -> Socket) throws -> AgentReply {
        let limit = try request.need(\.limit)
        var made: [Socket] = []
        defer { keep(made, request) }
        while made.count < limit {
            do {
                made.append(try make())
            } catch let failure as SocketFailure {
                return AgentReply(errno: failure.errnoName, call: failure.call, succeeded: made.count)
            }
        }
        return AgentReply(succeeded: made.count)
    }

    private func accept(_ request: AgentRequest) throws -> AgentReply {
        let listener = try listener(request)
        var made: [Socket] = []
        defer { keep(made, request) }
        for _ in 0..<(request.count ?? 1) { made.append(try listener.accept()) }
        return AgentReply(count: made.count)
    }

    // MARK: Ending them

    private func close(_ request: AgentRequest) throws -> AgentReply {
        let name = try request.need(\.name)
        acceptors.removeValue(forKey: name)?.stop()
        for worker in workers.removeValue(forKey: name) ?? [] {
            worker.closeInput()
            _ = worker.wait()
        }
        let held = sockets[name] ?? []
        let count = min(request.count ?? held.count, held.count)
        for socket in held.prefix(count) {
            if request.reset == true { socket.resetOnClose(true) }
            socket.close()
        }
        sockets[name] = Array(held.dropFirst(count))
        return AgentReply(count: count)
    }

    private func closeAccepted(_ request: AgentRequest) throws -> AgentReply {
        let acceptor = try acceptor(request)
        acceptor.wait(for: request.count ?? 0)
        return AgentReply(count: acceptor.closeAll())
    }

    private func shutdown(_ request: AgentRequest) throws -> AgentReply {
        for socket in try named(request) { try socket.shutdownWriting() }
        return AgentReply()
    }

    // MARK: Processes and users

    /// A process that is started with the descriptor holds the same socket as one that was forked.
    private func forkWorkers(_ request: AgentRequest) throws -> AgentReply {
        let listener = try listener(request)
        let name = try request.need(\.name)
        let started = try (0..<(request.count ?? 1)).map { _ in
            let worker = try ChildProcess("/proc/self/exe", ["listener-worker"], inherited: listener.descriptor)
            guard worker.output.next(milliseconds: 10_000) == "ready" else { throw AgentError("no worker started") }
            return worker
        }
        workers[name, default: []] += started
        return AgentReply(pids: started.map(\.pid))
    }

    private func setUID(_ request: AgentRequest) throws -> AgentReply {
        let uid = try request.need(\.uid)
        guard setuid(uid) == 0 else { throw SocketFailure("setuid") }
        return AgentReply()
    }

    // MARK: Names

    @discardableResult
    private func keep(_ made: [Socket], _ request: AgentRequest) -> [Socket] {
        sockets[request.name ?? "", default: []] += made
        return made
    }

    private func reply(ports made: [Socket]) -> AgentReply {
        AgentReply(ports: made.map { SocketAddress.localPort(of: $0.descriptor) })
    }

    private func named(_ request: AgentRequest) throws -> [Socket] {
        let name = try request.need(\.name)
        guard let held = sockets[name] else { throw AgentError("no sockets are named \(name)") }
        return held
    }

    private func listener(_ request: AgentRequest) throws -> Socket {
        guard let listener = sockets[try request.need(\.listener)]?.first else { throw AgentError("no such listener") }
        return listener
    }

    private func acceptor(_ request: AgentRequest) throws -> BackgroundAcceptor {
        let name = try request.need(\.listener)
        guard let acceptor = acceptors[name] else { throw AgentError("\(name) does not accept in the background") }
        return acceptor
    }
}

/// A request that makes no sense.
struct AgentError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
