import PortModel

/// Programs, their listeners and UDP sockets.
extension SimulatedHost {
    /// A program is stopped and started again, sometimes after a gap.
    func deploy(_ index: Int) {
        let gap =
            switch generator.below(20) {
            case 0..<12: 200 + generator.below(1300)
            case 12..<17: 2000 + generator.below(6000)
            default: 10_000 + generator.below(50_000)
            }
        deploy(index, gap: Int64(gap))
    }

    func deploy(_ index: Int, gap: Int64) {
        guard programs[index].isRunning else { return }
        stop(index)
        schedule(.start, index, at: now + gap)
    }

    /// Every process of the program ends; the kernel closes what they held.
    private func stop(_ index: Int) {
        programs[index].isRunning = false
        for service in cast.services.indices where cast.services[service].program == index {
            for listener in listeners[service] { release(listener) }
            listeners[service] = []
        }
        let reset = cast.programs[index].resets
        closeAll(reset: reset) { $0.program == index }
        programs[index] = ProgramState()
    }

    /// Closes sockets whose process has ended. Both ends of a connection may be among them.
    private func closeAll(reset: Bool, where condition: (SimulatedSocket) -> Bool) {
        let sockets = pool.slots(where: condition).map { (slot: $0, generation: pool.generation($0)) }
        for socket in sockets where pool.isCurrent(socket.slot, socket.generation) {
            closeForGood(socket.slot, reset: reset)
        }
    }

    private func closeForGood(_ slot: Int32, reset: Bool) {
        pool[slot].isStanding = false
        let peer = pool[slot].peer
        if peer >= 0 {
            // The other end has to open another connection, if it likes.
            pool[slot].closesFirst = true
            pool[peer].closesFirst = false
            if pool[peer].isStanding { schedule(.pool, Int(pool[peer].stream), at: now + 2000) }
            pool[peer].isStanding = false
        }
        let row = pool.row(slot)
        if reset || row.state != .established || row.inode == 0 || row.table.transport == .udp {
            if peer >= 0 { release(peer) }
            return release(slot)
        }
        pool[slot].closesFirst = true
        pool[slot].lingers = false
        close(slot)
    }

    /// A program starts: it gets its ports, or fails and is started again in five seconds.
    func start(_ index: Int) {
        if programs[index].isRunning { return }
        let spec = cast.programs[index]
        let main = startProcess(spec)
        let services = cast.services.indices.filter { cast.services[$0].program == index }
        let isRefused = services.contains {
            cast.services[$0].table.transport == .tcp && outgoing[cast.services[$0].port] > 0
        }
        if isRefused {
            failedBinds += 1
            return schedule(.start, index, at: now + 5000)
        }
        var state = ProgramState(isRunning: true)
        switch spec.workers {
        case .none, .perConnection: state.processes = [main]
        case .forked(let count): state.processes = [main] + (0..<count).map { _ in startProcess(spec) }
        case .reusePort(let count): state.processes = (0..<count).map { $0 == 0 ? main : startProcess(spec) }
        }
        state.workers = state.processes.map { processes.hold([$0]) }
        state.shared = state.workers.count > 1 ? processes.hold(state.processes) : state.workers[0]
        if case .forked = spec.workers { state.workers.removeFirst() }
        programs[index] = state
        for service in services { listen(service) }
        for stream in cast.streams.indices where cast.streams[stream].program == index {
            for _ in 0..<cast.streams[stream].pool {
                schedule(.pool, stream, at: now + 100 + Int64(generator.below(5000)))
            }
        }
    }

    private func startProcess(_ spec: ProgramSpec) -> PortOwner {
        processes.start(spec, at: time, uptime: uptime, using: &generator)
    }

    private func listen(_ index: Int) {
        let service = cast.services[index]
        let spec = cast.programs[service.program]
        let state = programs[service.program]
        var owners = [state.shared]
        if case .reusePort = spec.workers { owners = state.workers }
        let isTCP = service.table.transport == .tcp
        listeners[index] = owners.map { owner in
            var socket = SimulatedSocket(kind: .listener, program: Int32(service.program), owner: owner)
            socket.service = Int32(index)
            if isTCP { explicit.add(service.port) } else { datagrams.add(service.port) }
            return pool.insert(
                SocketRow(
                    table: service.table, state: isTCP ? .listen : .close, local: Endpoint(service.bind, service.port),
                    remote: Endpoint(service.table.family == .ipv6 ? .anyIPv6 : .anyIPv4, 0), uid: spec.uid,
                    inode: nextInode()),
                socket)
        }
    }

    /// A forked worker ends, and another one takes its place: the listening socket stays, its owners change.
    func recycleWorker(of index: Int) {
        guard programs[index].isRunning, programs[index].workers.count > 1 else { return }
        let number = generator.below(programs[index].workers.count)
        let old = programs[index].workers[number]
        let standing = pool.slots { $0.program == index && $0.owner == old && $0.isStanding }
        for slot in standing { schedule(.pool, Int(pool[slot].stream), at: now + 1000) }
        closeAll(reset: false) { $0.program == index && $0.owner == old && $0.kind != .listener }
        let process = startProcess(cast.programs[index])
        programs[index].processes[number + 1] = process
        programs[index].workers[number] = processes.hold([process])
        programs[index].shared = processes.hold(programs[index].processes)
        for service in cast.services.indices where cast.services[service].program == index {
            for listener in listeners[service] {
                pool[listener].owner = programs[index].shared
                noteReowned(listener)
            }
        }
    }

    // MARK: - UDP

    /// A program opens a UDP socket on a port that the kernel chooses, for a while.
    func sendDatagram(_ index: Int) {
        let spec = cast.datagrams[index]
        guard programs[spec.program].isRunning, let owner = programs[spec.program].workers.first else { return }
        // The kernel starts anywhere and takes the next free port: udp_lib_get_port in net/ipv4/udp.c.
        let range = limits.range
        let start = Int(range.first) + generator.below(range.count)
        let free = (0..<range.count).lazy.map {
            UInt16(start + $0 > Int(range.last) ? start + $0 - range.count : start + $0)
        }
        .first { self.datagrams[$0] == 0 && !self.limits.reserved.contains($0) }
        guard let port = free else { return }
        var socket = SimulatedSocket(kind: .datagram, program: Int32(spec.program), owner: owner)
        socket.stream = Int32(index)
        let nobody = Endpoint(spec.table.family == .ipv6 ? .anyIPv6 : .anyIPv4, 0)
        datagrams.add(port)
        let slot = pool.insert(
            SocketRow(
                table: spec.table, state: spec.remote == nil ? .close : .established, local: Endpoint(spec.local, port),
                remote: spec.remote ?? nobody, uid: cast.programs[spec.program].uid, inode: nextInode()),
            socket)
        schedule(.close, socket: slot, after: duration(meanSeconds: spec.lifetime))
    }
}
