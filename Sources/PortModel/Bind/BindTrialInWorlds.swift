/// What one bind() meets in every world (``BindWorlds``): how it may end, and which sockets are in the way.
struct BindTrialInWorlds {
    private let request: BindRequest
    private let worlds: BindWorlds
    private var sockets: [BoundSocket] { worlds.sockets }
    private let isInKernelOrder: Bool

    private var maySucceed = false
    private var mayFail = false
    /// Sockets that are in the way in some world in which the bind() fails.
    private(set) var isInTheWay: [Bool]
    /// Sockets that are in the way in all worlds.
    private(set) var isAlwaysInTheWay: [Bool]
    /// What else than options leaves it open in some world.
    private(set) var isOpen: BindVerdict.Unknown?

    /// A trial in no world yet.
    ///
    /// - Parameters:
    ///   - worlds: those that it is noted in.
    ///   - isInKernelOrder: the sockets stand as the kernel lists them.
    init(_ request: BindRequest, _ worlds: BindWorlds, isInKernelOrder: Bool) {
        self.request = request
        self.worlds = worlds
        isInTheWay = worlds.sockets.map { _ in false }
        isAlwaysInTheWay = worlds.sockets.map { _ in true }
        // A longer list is gone through by address.
        self.isInKernelOrder = isInKernelOrder && worlds.places.count <= 10
    }

    /// How it ends, over all worlds.
    var outcome: BindVerdict.Outcome {
        mayFail ? (maySucceed ? .depends : .fails(.addressInUse)) : .succeeds
    }

    /// Notes one world.
    mutating func note(_ world: [BindWorlds.Options]) {
        if request.transport == .tcp { noteStreams(world) } else { noteDatagrams(world) }
    }

    private func meets(_ index: Int, _ options: BindWorlds.Options) -> Bool {
        options.isOnInterface
            && AddressOverlap.between(request, sockets[index].row.local.address, v6Only: options.isV6Only) == .yes
    }

    // MARK: - TCP

    private mutating func noteStreams(_ world: [BindWorlds.Options]) {
        let conflicts = world.indices.filter { meets($0, world[$0]) && !isCompatible(sockets[$0], world[$0]) }
        note(inTheWay: conflicts)
        if conflicts.isEmpty {
            maySucceed = true
            return
        }
        mayFail = true
        if request.reusePort, world.indices.contains(where: { mayBeRemembered($0, conflicts, world) }) {
            maySucceed = true
            isOpen = .memory
        }
    }

    /// `inet_bind_conflict`.
    private func isCompatible(_ socket: BoundSocket, _ options: BindWorlds.Options) -> Bool {
        if request.reuseAddress, options.reuseAddress, !socket.isListening { return true }
        return request.reusePort && options.reusePort
            && (socket.isTimeWait || socket.uid.map { $0 == request.uid } ?? true)
    }

    /// Whether the kernel may let the request pass without looking at all sockets, because of one that is there.
    private func mayBeRemembered(_ index: Int, _ conflicts: [Int], _ world: [BindWorlds.Options]) -> Bool {
        let socket = sockets[index]
        return world[index].reusePort && (socket.isTimeWait || socket.uid.map { $0 == request.uid } ?? true)
            && worlds.remembers(
                index, world, request.local.address, v6Only: request.isV6Only, over: conflicts)
    }

    // MARK: - UDP

    /// The kernel goes through the port's sockets: one that shares by SO_REUSEADDR is passed over, the first other one decides, by
    /// SO_REUSEPORT and the user (`udp_lib_lport_inuse`). The newest stand first, but IPv6 sockets with SO_REUSEPORT at the end, the
    /// oldest first (`sk_add_node_rcu` in include/net/sock.h); each table shows its part of the list.
    private mutating func noteDatagrams(_ world: [BindWorlds.Options]) {
        let deciding = world.indices.filter {
            meets($0, world[$0]) && !(request.reuseAddress && world[$0].reuseAddress)
        }
        let refusing = deciding.filter {
            !(request.reusePort && world[$0].reusePort && sockets[$0].uid.map { $0 == request.uid } ?? true)
        }
        if refusing.isEmpty {
            maySucceed = true
            note(inTheWay: [])
            return
        }
        let early = deciding.filter { !(sockets[$0].row.table == .udp6 && world[$0].reusePort) }
        let next = early.isEmpty ? deciding : early
        let isInOneTable = Set(next.map { sockets[$0].row.table }).count == 1
        if isInKernelOrder && isInOneTable || next.allSatisfy(refusing.contains) {
            let refuses = refusing.contains(next[0])
            note(inTheWay: refuses ? next.filter(refusing.contains) : [])
            if refuses { mayFail = true } else { maySucceed = true }
            return
        }
        note(inTheWay: refusing)
        mayFail = true
        if next.contains(where: { !refusing.contains($0) }) {
            maySucceed = true
            isOpen = .order
        }
    }

    private mutating func note(inTheWay indices: [Int]) {
        for index in sockets.indices {
            if indices.contains(index) { isInTheWay[index] = true } else { isAlwaysInTheWay[index] = false }
        }
    }
}
