import PortModel

/// TCP connections from and to the host.
extension SimulatedHost {
    /// The hundredth of a second more that a TIME_WAIT must have lasted to be reused: see `TimeWaitReuse`.
    private static let reuseSlack: Int64 = 10

    // MARK: - Outgoing

    /// A program connects.
    ///
    /// - Parameters:
    ///   - forced: the port that the kernel happens to choose.
    ///   - owner: who connects, when it is none of the program's workers.
    @discardableResult
    func connect(
        _ index: Int, lifetime: Int64, forced: UInt16? = nil, owner: Int32? = nil, isStanding: Bool = false
    ) -> Int32? {
        let stream = cast.streams[index]
        let destination = cast.destinations[stream.destination]
        let program = programs[stream.program]
        guard let owner = owner ?? (program.isRunning ? program.workers.randomElement(using: &generator) : nil) else {
            return nil
        }
        if destination.service >= 0, listeners[destination.service].isEmpty { return nil }
        guard let port = forced ?? choosePort(stream) else {
            failedConnects += 1
            return nil
        }
        if let reused = destinations[stream.destination].reusable[port] { release(reused) }
        let stalls = destination.service < 0 && generator.chance(stream.stalls)
        var socket = SimulatedSocket(kind: .outgoing, program: Int32(stream.program), owner: owner)
        socket.stream = Int32(index)
        socket.isBound = stream.bindsFirst
        socket.isStanding = isStanding
        socket.closesFirst = !generator.chance(stream.serverCloses)
        socket.lingers = generator.chance(0.01)
        let row = SocketRow(
            table: stream.table, state: stalls ? .synSent : .established, local: Endpoint(destination.local, port),
            remote: destination.remote, uid: cast.programs[stream.program].uid, inode: nextInode())
        let slot = pool.insert(row, socket)
        destinations[stream.destination].chooser.taken[port] = true
        outgoing.add(port)
        if socket.isBound { explicit.add(port) }
        if destination.service >= 0 {
            accept(destination.service, from: row.local, to: destination.local, peer: slot)
        }
        schedule(.close, socket: slot, after: stalls ? min(127_000, 3000 + duration(meanSeconds: 40)) : lifetime)
        return slot
    }

    private func choosePort(_ stream: StreamSpec) -> UInt16? {
        // bind(address, 0) tries the other parity first, and takes no port that any socket has.
        let parity = stream.bindsFirst ? 1 : 0
        let blocked = stream.bindsFirst ? explicit.bits.union(outgoing.bits) : explicit.bits
        return destinations[stream.destination].chooser.choose(
            limits.range, blocked: blocked, firstParity: parity, using: &generator)
    }

    /// Opens a standing connection; when it closes, another one follows.
    func openStanding(_ index: Int) {
        let lifetime = duration(meanSeconds: 4 * 3600)
        if programs[cast.streams[index].program].isRunning, connect(index, lifetime: lifetime, isStanding: true) == nil
        {
            schedule(.pool, index, at: now + 5000)
        }
    }

    /// A process that lives for one connection.
    func runOnce(_ index: Int) {
        let stream = cast.streams[index]
        let process = processes.start(cast.programs[stream.program], at: time, uptime: uptime, using: &generator)
        connect(index, lifetime: duration(meanSeconds: stream.lifetime), owner: processes.hold([process]))
    }

    /// The peer closes, and the program does not notice.
    func leak() {
        if !isLeaking { return }
        schedule(.leak, cast.leak, at: now + Int64(generator.exponential(timeline.leakPace)))
        guard let slot = connect(cast.leak, lifetime: .max / 4) else { return }
        pool.update(slot) { $0.state = .closeWait }
    }

    /// A connection after the other, as fast as it takes to use up 94 % of the ports in a TIME_WAIT's 60 seconds.
    func burst() {
        if !isBursting { return }
        let pace = Double(TimeWaitReuse.length) / (Double(limits.choosable) * 0.94)
        schedule(.burst, cast.burst, at: now + Int64(generator.exponential(pace)))
        guard let slot = connect(cast.burst, lifetime: 20) else { return }
        pool[slot].closesFirst = true
        pool[slot].lingers = false
    }

    // MARK: - Accepted

    /// A client comes to a service.
    func request(_ index: Int) {
        let service = cast.services[index]
        if listeners[index].isEmpty || service.clients.isEmpty { return }
        let number = generator.rank(service.clients.count, skew: service.skew)
        let port = clientPort(number, of: index)
        accept(index, from: Endpoint(service.clients[number], port), to: service.local, peer: -1)
    }

    /// Neighbours choose their ports as this host does; the public comes through address translation from any.
    private func clientPort(_ number: Int, of service: Int) -> UInt16 {
        if cast.services[service].clients.count > 1000 { return UInt16(1024 + generator.below(64_512)) }
        let key = UInt64(service) << 32 | UInt64(number)
        let range = PortRange.standard
        let last = clientPorts[key] ?? range.first + UInt16(generator.below(range.count / 2) * 2)
        let next = Int(last) + 2 + 2 * generator.below(8)
        let port = next > Int(range.last) ? range.first : UInt16(next)
        clientPorts[key] = port
        return port
    }

    private func accept(_ index: Int, from client: Endpoint, to local: IPAddress, peer: Int32) {
        let service = cast.services[index]
        // The address's low word and the port tell a service's clients apart.
        let tuple = UInt64(index) << 48 | (client.address.low & 0xFFFF_FFFF) << 16 | UInt64(client.port)
        if let old = accepted[tuple] {
            // A SYN takes over a TIME_WAIT; everything else is the same client's mistake, and no new connection.
            if pool.row(old).state != .timeWait { return }
            release(old)
        }
        guard let listener = listeners[index].randomElement(using: &generator) else { return }
        let queued = peer < 0 && generator.chance(0.002)
        var socket = SimulatedSocket(kind: .accepted, program: Int32(service.program), owner: 0)
        socket.service = Int32(index)
        socket.tuple = tuple
        socket.peer = peer
        socket.closesFirst = generator.chance(service.closesFirst)
        socket.lingers = generator.chance(0.01)
        socket.owner = acceptingOwner(service, listener)
        let row = SocketRow(
            table: service.table, state: .established, local: Endpoint(local, service.port), remote: client,
            uid: queued ? 0 : cast.programs[service.program].uid, inode: queued ? 0 : nextInode())
        let slot = pool.insert(row, socket)
        accepted[tuple] = slot
        explicit.add(service.port)
        if peer >= 0 {
            pool[peer].peer = slot
        } else {
            schedule(.close, socket: slot, after: duration(meanSeconds: service.lifetime))
        }
        if queued { schedule(.accept, socket: slot, after: 1000 + duration(meanSeconds: 8)) }
    }

    private func acceptingOwner(_ service: ServiceSpec, _ listener: Int32) -> Int32 {
        switch cast.programs[service.program].workers {
        case .none, .reusePort: return pool[listener].owner
        case .forked: return programs[service.program].workers.randomElement(using: &generator) ?? 0
        case .perConnection:
            let process = processes.start(cast.programs[service.program], at: time, uptime: uptime, using: &generator)
            return processes.hold([process])
        }
    }

    /// accept() gives a queued connection its inode and its user.
    func leaveQueue(_ slot: Int32) {
        guard pool.row(slot).state == .established, pool.row(slot).inode == 0 else { return }
        let inode = nextInode()
        let uid = cast.programs[Int(pool[slot].program)].uid
        pool.update(slot) { row in
            row.inode = inode
            row.uid = uid
        }
    }

    // MARK: - The end

    /// One of the ends closes a connection, or a program its UDP socket.
    func close(_ slot: Int32) {
        let row = pool.row(slot)
        if row.table.transport == .udp || row.state == .synSent || row.state == .closeWait { return release(slot) }
        if row.state != .established { return }
        let peer = pool[slot].peer
        if peer >= 0 {
            // Both ends are here: one is left in TIME_WAIT.
            let isFirst = pool[slot].closesFirst
            reopenStanding(slot)
            release(isFirst ? peer : slot)
            return enterTimeWait(isFirst ? slot : peer)
        }
        if pool[slot].closesFirst {
            guard pool[slot].lingers else { return enterTimeWait(slot) }
            reopenStanding(slot)
            let rest = duration(meanSeconds: 8)
            // An orphan's timer counts tcp_fin_timeout, which it does not live to see here.
            pool.update(slot, timerEnd: now + 60_000) { row in
                row.state = .finWait2
                row.inode = 0
                row.uid = 0
            }
            pool[slot].program = -1
            schedule(.finish, socket: slot, after: min(rest, 50_000))
        } else if pool[slot].lingers, row.inode != 0 {
            pool.update(slot) { $0.state = .closeWait }
            schedule(.finish, socket: slot, after: duration(meanSeconds: 12))
        } else {
            reopenStanding(slot)
            release(slot)
        }
    }

    /// The other end closes as well.
    func finish(_ slot: Int32) {
        switch pool.row(slot).state {
        case .finWait2: enterTimeWait(slot)
        case .closeWait:
            reopenStanding(slot)
            release(slot)
        default: break
        }
    }

    func enterTimeWait(_ slot: Int32) {
        reopenStanding(slot)
        pool.update(slot, timerEnd: now + TimeWaitReuse.length) { row in
            row.state = .timeWait
            row.inode = 0
            row.uid = 0
        }
        pool[slot].program = -1
        pool[slot].owner = 0
        pool[slot].peer = -1
        schedule(.expire, socket: slot, after: TimeWaitReuse.length)
        let socket = pool[slot]
        guard socket.kind == .outgoing, !socket.isBound, pool.row(slot).remote.address.isLoopback else { return }
        schedule(.reusable, socket: slot, after: Int64(limits.timeWaitReuseDelay) + Self.reuseSlack)
    }

    /// From here on connect() may take over the four-tuple.
    func letReuse(_ slot: Int32) {
        let port = pool.row(slot).local.port
        let destination = cast.streams[Int(pool[slot].stream)].destination
        pool[slot].isReusable = true
        destinations[destination].reusable[port] = slot
        destinations[destination].chooser.taken[port] = false
    }

    private func reopenStanding(_ slot: Int32) {
        if pool[slot].isStanding { schedule(.pool, Int(pool[slot].stream), at: now + 1000) }
        pool[slot].isStanding = false
    }

    /// A socket is gone.
    func release(_ slot: Int32) {
        let socket = pool[slot]
        let port = pool.row(slot).local.port
        switch socket.kind {
        case .listener where pool.row(slot).table.transport == .tcp: explicit.remove(port)
        case .listener, .datagram: datagrams.remove(port)
        case .accepted:
            explicit.remove(port)
            accepted[socket.tuple] = nil
        case .outgoing:
            let destination = cast.streams[Int(socket.stream)].destination
            outgoing.remove(port)
            if socket.isBound { explicit.remove(port) }
            destinations[destination].chooser.taken[port] = false
            if socket.isReusable { destinations[destination].reusable[port] = nil }
        }
        if socket.peer >= 0 { pool[socket.peer].peer = -1 }
        pool.remove(slot)
    }
}
