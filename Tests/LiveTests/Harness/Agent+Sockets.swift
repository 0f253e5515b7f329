@testable import portload

/// What most tests ask of an agent, in one word.
extension Agent {
    /// A TCP listener that accepts in the background; its port.
    @discardableResult
    func serve(_ address: String, _ port: UInt16, as name: String = "server", accept: Bool = true) throws -> UInt16 {
        try self(.init(command: .listen, name: name, address: address, port: port, accept: accept)).ports?.first ?? 0
    }

    /// TCP connections whose ports the kernel chooses; the local ports.
    @discardableResult
    func connect(
        _ to: String, _ port: UInt16, count: Int = 1, from: String? = nil, as name: String = "clients"
    ) throws -> [UInt16] {
        try self(
            .init(
                command: .connect, name: name, to: to, toPort: port, from: from, count: count,
                bindAddressNoPort: from == nil ? nil : true)
        ).ports ?? []
    }

    /// A socket that is bound and no more; its port.
    @discardableResult
    func bind(
        _ address: String, _ port: UInt16, _ transport: AgentRequest.Transport = .tcp, as name: String = "bound"
    ) throws -> UInt16 {
        try self(.init(command: .bind, name: name, transport: transport, address: address, port: port)).ports?.first
            ?? 0
    }

    /// Leaves TIME_WAIT sockets on the client's side of connections that this agent serves and opens; their ports.
    @discardableResult
    func leaveTimeWait(
        _ to: String, _ port: UInt16, count: Int, from: String? = nil, server: String = "server"
    ) throws -> [UInt16] {
        let ports = try connect(to, port, count: count, from: from, as: "leaving")
        try self(.init(command: .awaitAccepted, count: count, listener: server))
        try self(.init(command: .close, name: "leaving"))
        try self(.init(command: .closeAccepted, listener: server))
        return ports
    }

    /// How many more connect() calls succeed until EADDRNOTAVAIL, the kernel's word on what is free. Closes them again,
    /// in a way that leaves nothing behind.
    func countFreePorts(_ to: String, _ port: UInt16, from: String? = nil, limit: Int = 2000) throws -> Int {
        let reply = try self(
            .init(
                command: .connectUntilFail, name: "filling", to: to, toPort: port, from: from, limit: limit,
                bindAddressNoPort: from == nil ? nil : true))
        try self(.init(command: .close, name: "filling", reset: true))
        guard reply.errno == "EADDRNOTAVAIL", let succeeded = reply.succeeded else {
            throw HarnessError("connect() did not end with EADDRNOTAVAIL: \(reply)")
        }
        return succeeded
    }

    /// How many bind(address, 0) succeed until EADDRINUSE; closes them again.
    func countFreeBinds(
        _ address: String, _ transport: AgentRequest.Transport = .tcp, v6Only: Bool? = nil, reuseAddress: Bool? = nil,
        limit: Int = 1000
    ) throws -> Int {
        let reply = try self(
            .init(
                command: .bindUntilFail, name: "filling", transport: transport, address: address, limit: limit,
                reuseAddress: reuseAddress, v6Only: v6Only))
        try self(.init(command: .close, name: "filling"))
        guard reply.errno == "EADDRINUSE" || reply.succeeded == limit, let succeeded = reply.succeeded else {
            throw HarnessError("bind() did not end with EADDRINUSE: \(reply)")
        }
        return succeeded
    }
}
