/// Whether bind() succeeds: `inet_csk_get_port` in net/ipv4/inet_connection_sock.c and `udp_lib_get_port` in net/ipv4/udp.c.
///
/// A new socket and one that stands on the port are in each other's way when their addresses overlap (``AddressOverlap``), unless both
/// have SO_REUSEADDR and the old one does not listen, or both have SO_REUSEPORT and one user. The options of the old one are mostly
/// not known; the verdict says "depends" exactly where they decide.
public enum BindRules {
    /// Judges a bind() to a given port.
    ///
    /// - Parameters:
    ///   - sockets: all sockets of the protocol on the port, with what ``BindEvidence`` proves of them.
    ///   - addresses: the addresses of the namespace; `nil`: not known.
    ///   - isInKernelOrder: the sockets stand as the kernel lists them, each table's newest first.
    public static func judge(
        _ request: BindRequest, _ sockets: [BoundSocket], _ limits: PortLimits, _ addresses: LocalAddresses?,
        isInKernelOrder: Bool = false
    ) -> BindVerdict {
        var verdict = conflicts(request, sockets, limits.kernel, isInKernelOrder)
        let isLocal = isLocal(request, limits, addresses)
        let isDenied = Int(request.local.port) < limits.unprivilegedStart && request.uid != 0
        // The two families check in different orders (`__inet_bind`, `__inet6_bind`).
        let early: [(Bool, BindError)] =
            request.family == .ipv4
            ? [(isLocal == .no, .addressNotAvailable), (isDenied, .accessDenied)]
            : [
                (isGroupOfStream(request), .invalid), (isDenied, .accessDenied),
                (lacksInterface(request) || request.isMappedOnV6Only, .invalid),
                (isLocal == .no, .addressNotAvailable),
            ]
        if let (_, error) = early.first(where: \.0) { return BindVerdict(outcome: .fails(error)) }
        if isLocal == .unknown {
            verdict.dependsOnAddress = true
            if verdict.outcome == .succeeds { verdict.outcome = .depends }
        }
        return verdict
    }

    /// Whether bind() refuses the kind of address, whatever addresses there are.
    public static func isInvalid(_ request: BindRequest) -> Bool {
        isGroupOfStream(request) || lacksInterface(request) || request.isMappedOnV6Only
    }

    private static func isGroupOfStream(_ request: BindRequest) -> Bool {
        request.transport == .tcp && request.local.address.isIPv6Multicast
    }

    /// `__ipv6_addr_needs_scope_id` in include/net/ipv6.h.
    private static func lacksInterface(_ request: BindRequest) -> Bool {
        request.interface == 0 && request.local.address.isOfOneInterface
    }

    /// Whether bind() takes the address; `nil` addresses are not known.
    public static func isLocal(_ request: BindRequest, _ limits: PortLimits, _ addresses: LocalAddresses?) -> Ternary {
        let address = request.local.address
        if address.isWildcard || (limits.nonlocalBind && address.isIPv4) { return .yes }
        return Ternary(addresses.map { $0.accepts(address, request.transport, on: request.interface) })
    }

    private static func conflicts(
        _ request: BindRequest, _ sockets: [BoundSocket], _ kernel: KernelVersion, _ isInKernelOrder: Bool
    ) -> BindVerdict {
        let worlds = BindWorlds(sockets, for: request, kernel)
        var trial = BindTrialInWorlds(request, worlds, isInKernelOrder: isInKernelOrder)
        worlds.forEach { trial.note($0) }
        var verdict = BindVerdict(outcome: trial.outcome)
        for (index, place) in worlds.places.enumerated() {
            guard let place, trial.isInTheWay[place] else { continue }
            let isCertain = trial.isAlwaysInTheWay[place] && trial.outcome != .depends
            var reasons: Set<BindVerdict.Unknown> = isCertain ? [] : unknowns(request, sockets[index])
            if let reason = trial.openBecause { reasons.insert(reason) }
            verdict.blockers.append(.init(index: index, isCertain: isCertain, unknowns: reasons))
        }
        return verdict
    }

    /// Whether both claim a common address on a common interface.
    static func meets(_ request: BindRequest, _ socket: BoundSocket) -> Ternary {
        let isSameInterface: Ternary =
            request.interface == 0
            ? .yes : Ternary(socket.interface.map { $0 == 0 || $0 == request.interface })
        return AddressOverlap.between(request, socket) && isSameInterface
    }

    private static func compatible(_ request: BindRequest, _ socket: BoundSocket) -> Ternary {
        let byAddress = Ternary(request.reuseAddress && !socket.isListening) && Ternary(socket.reuseAddress)
        let byPort = Ternary(request.reusePort) && Ternary(socket.reusePort) && isOfUser(request, socket)
        return byAddress || byPort
    }

    /// Whether SO_REUSEPORT of a socket counts for the user who asks. TIME_WAIT is everybody's.
    private static func isOfUser(_ request: BindRequest, _ socket: BoundSocket) -> Ternary {
        socket.isTimeWait && request.transport == .tcp ? .yes : Ternary(socket.uid.map { $0 == request.uid })
    }

    /// What decides about a socket of which it is not known whether it is in the way.
    static func unknowns(_ request: BindRequest, _ socket: BoundSocket) -> Set<BindVerdict.Unknown> {
        var unknowns: Set<BindVerdict.Unknown> = []
        if AddressOverlap.between(request, socket) == .unknown { unknowns.insert(.v6Only) }
        if request.interface != 0, socket.interface == nil { unknowns.insert(.interface) }
        if compatible(request, socket) == .unknown {
            if request.reuseAddress, socket.reuseAddress == nil, !socket.isListening { unknowns.insert(.reuseAddress) }
            let user = isOfUser(request, socket)
            if request.reusePort, user.isPossible {
                if socket.reusePort == nil { unknowns.insert(.reusePort) }
                if user == .unknown { unknowns.insert(.user) }
            }
        }
        return unknowns
    }
}
