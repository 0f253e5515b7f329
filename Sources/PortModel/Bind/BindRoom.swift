/// How many ports bind() with port 0 can still choose from: `inet_csk_find_open_port` in net/ipv4/inet_connection_sock.c,
/// `udp_lib_get_port` in net/ipv4/udp.c.
///
/// The kernel chooses within the range less the reserved ports. A port is out of the question while a socket stands on it whose address
/// overlaps the one that is asked for. For TCP options change nothing, unless `ip_autobind_reuse` is set; UDP sockets that all have
/// SO_REUSEADDR share every port.
public struct BindRoom: Hashable, Sendable {
    /// The range less the reserved ports.
    public private(set) var capacity: Int
    /// Ports of the capacity that are certainly taken.
    public private(set) var used = 0
    /// Ports of the capacity of which options that nothing shows decide.
    public private(set) var uncertain = 0
    /// The sockets that take ports, or may, by their index.
    public private(set) var blockers: [BindVerdict.Blocker] = []

    private let isOdd: Bool

    /// How many more may be chosen, at most.
    public var free: Int { capacity - used }
    /// Whether ``free`` is exact. Of a range with an odd number of ports TCP may leave the last one.
    public var isCertain: Bool { uncertain == 0 && !isOdd }

    /// How bind() with port 0 ends.
    public var outcome: BindVerdict.Outcome {
        if free == 0 { return .fails(.addressInUse) }
        return free > uncertain ? .succeeds : .depends
    }

    /// Counts the room for a request.
    ///
    /// - Parameter sockets: all sockets of the protocol in the namespace.
    public init(_ request: BindRequest, _ sockets: [BoundSocket], _ limits: PortLimits) {
        capacity = limits.choosable
        isOdd = request.transport == .tcp && !limits.range.count.isMultiple(of: 2)
        var taken: [UInt16: Ternary] = [:]
        for (index, socket) in sockets.enumerated() where limits.mayChoose(socket.row.local.port) && !socket.isHalfOpen
        {
            let conflict = BindRules.meets(request, socket) && !Self.shares(request, socket, limits)
            if conflict == .no { continue }
            let port = socket.row.local.port
            taken[port] = (taken[port] ?? .no) || conflict
            blockers.append(
                .init(
                    index: index, isCertain: conflict == .yes,
                    unknowns: conflict == .yes ? [] : BindRules.unknowns(request, socket)))
        }
        for state in taken.values {
            if state == .yes { used += 1 } else { uncertain += 1 }
        }
    }

    /// Whether the port of a socket can be chosen all the same.
    private static func shares(_ request: BindRequest, _ socket: BoundSocket, _ limits: PortLimits) -> Ternary {
        let byAddress = Ternary(request.reuseAddress) && Ternary(socket.reuseAddress)
        let isOfUser: Ternary = socket.isTimeWait ? .yes : Ternary(socket.uid.map { $0 == request.uid })
        let byPort = Ternary(request.reusePort) && Ternary(socket.reusePort) && isOfUser
        if request.transport == .udp { return byAddress || byPort }
        if !limits.autobindReuse || socket.isListening { return .no }
        return byAddress && !byPort
    }
}
