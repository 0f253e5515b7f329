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
    private(set) var openBecause: BindVerdict.Unknown?

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
        self.isInKernelOrder = isInKernelOrder
    }

    /// How it ends, over all worlds.
    var outcome: BindVerdict.Outcome {
        mayFail ? (maySucceed ? .depends : .fails(.addressInUse)) : .succeeds
    }

    /// Notes one world. Whose a socket was that nothing tells may be anybody.
    mutating func note(_ world: [BindOptions]) {
        let isOpen = request.reusePort && world.indices.contains { sockets[$0].uid == nil && world[$0].reusePort }
        for isOwn in isOpen ? [true, false] : [true] {
            if request.transport == .tcp { noteStreams(world, isOwn) } else { noteDatagrams(world, isOwn) }
        }
    }

    private func meets(_ index: Int, _ options: BindOptions) -> Bool {
        options.isOnInterface
            && AddressOverlap.between(request, sockets[index].row.local.address, v6Only: options.isV6Only) == .yes
    }

    /// Whether SO_REUSEPORT on both lets the request pass.
    ///
    /// - Parameter isOwn: whether sockets of nobody known are those of the user who asks.
    private func sharesPort(_ index: Int, _ options: BindOptions, _ isOwn: Bool) -> Bool {
        request.reusePort && options.reusePort
            && (sockets[index].isTimeWait || sockets[index].uid.map { $0 == request.uid } ?? isOwn)
    }

    // MARK: - TCP

    /// `inet_bind_conflict`.
    private mutating func noteStreams(_ world: [BindOptions], _ isOwn: Bool) {
        let conflicts = world.indices.filter { index in
            let sharesAddress = request.reuseAddress && world[index].reuseAddress && !sockets[index].isListening
            return meets(index, world[index]) && !sharesAddress && !sharesPort(index, world[index], isOwn)
        }
        note(inTheWay: conflicts)
        if conflicts.isEmpty {
            maySucceed = true
            return
        }
        mayFail = true
        if worlds.letPass(request, world) {
            maySucceed = true
            openBecause = .memory
        }
    }

    // MARK: - UDP

    /// The kernel goes through the port's sockets: one that shares by SO_REUSEADDR is passed over, the first other one decides, by
    /// SO_REUSEPORT and the user (`udp_lib_lport_inuse`). Where many sockets of any port are in the kernel's list it looks at those of
    /// the same address first, and then at those of the wildcard (`udp_lib_lport_inuse2`).
    private mutating func noteDatagrams(_ world: [BindOptions], _ isOwn: Bool) {
        let deciding = world.indices.filter {
            meets($0, world[$0]) && !(request.reuseAddress && world[$0].reuseAddress)
        }
        let refusing = Set(deciding.filter { !sharesPort($0, world[$0], isOwn) })
        if refusing.isEmpty {
            maySucceed = true
            note(inTheWay: [])
            return
        }
        let asked = request.local.address
        var ends = first(of: deciding, refusing, world)
        if !asked.isWildcard {
            let own = first(of: deciding.filter { sockets[$0].row.local.address == asked }, refusing, world)
            let wildcard = first(of: deciding.filter { sockets[$0].row.local.address != asked }, refusing, world)
            ends = (ends.passes || own.passes && wildcard.passes, ends.refuses || own.refuses || wildcard.refuses)
        }
        note(inTheWay: ends.refuses ? Array(refusing) : [])
        if ends.refuses { mayFail = true }
        if ends.passes { maySucceed = true }
        if ends.refuses && ends.passes { openBecause = .order }
    }

    /// How it may end by the first of some sockets. The newest stand first, but IPv6 sockets with SO_REUSEPORT at the end, the oldest
    /// first (`sk_add_node_rcu` in include/net/sock.h); each table shows its part of the list.
    private func first(
        of sockets: [Int], _ refusing: Set<Int>, _ world: [BindOptions]
    ) -> (passes: Bool, refuses: Bool) {
        let early = sockets.filter { !(self.sockets[$0].row.table == .udp6 && world[$0].reusePort) }
        var next = early.isEmpty ? sockets : early
        if isInKernelOrder, Set(next.map { self.sockets[$0].row.table }).count == 1 { next = [next[0]] }
        return (next.isEmpty || !next.allSatisfy(refusing.contains), next.contains(where: refusing.contains))
    }

    private mutating func note(inTheWay indices: [Int]) {
        let indices = Set(indices)
        for index in sockets.indices {
            if indices.contains(index) { isInTheWay[index] = true } else { isAlwaysInTheWay[index] = false }
        }
    }
}
