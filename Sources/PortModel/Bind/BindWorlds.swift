/// Every way in which the options that nothing shows may stand, given that the sockets stand on one port together.
///
/// Two sockets of which one was in the other's way when it was bound have an option in common that let it pass. So not every
/// combination of options is possible, and often all that are agree on what a bind() meets.
struct BindWorlds {
    /// The options of one socket.
    struct Options: Hashable {
        var reuseAddress: Bool
        var reusePort: Bool
        var isV6Only: Bool
        var isOnInterface: Bool
    }

    /// The sockets, of many alike two.
    let sockets: [BoundSocket]
    /// Which of ``sockets`` stands for each socket that was given; `nil` for half-open ones.
    let places: [Int?]

    private let interface: UInt32

    /// More are not gone through: then every combination counts as possible.
    private static let most = 200_000

    /// The worlds of some sockets.
    ///
    /// - Parameter interface: the one that the bind() is about; 0 for none.
    init(_ all: [BoundSocket], interface: UInt32) {
        var kept: [BoundSocket] = []
        var places: [Int?] = []
        var alike: [BoundSocket: [Int]] = [:]
        for socket in all {
            if socket.isHalfOpen {
                places.append(nil)
                continue
            }
            let kind = Self.kind(socket)
            let before = alike[kind] ?? []
            // Two show what such sockets do to each other; connections do nothing.
            if before.count >= (socket.isConnected ? 1 : 2) {
                places.append(before[before.count - 1])
                continue
            }
            alike[kind, default: []].append(kept.count)
            places.append(kept.count)
            kept.append(socket)
        }
        sockets = kept
        self.places = places
        self.interface = interface
    }

    /// A socket without what tells it from others that mean the same.
    private static func kind(_ socket: BoundSocket) -> BoundSocket {
        var kind = socket
        kind.row.inode = min(1, socket.row.inode)
        kind.row.remote = Endpoint(.anyIPv4, 0)
        kind.row.timerTicks = 0
        kind.row.uid = 0
        kind.since = nil
        if socket.isTimeWait { kind.row.state = .timeWait } else if socket.isConnected { kind.row.state = .established }
        return kind
    }

    /// Calls `body` with the options of each of ``sockets``, for every possible combination.
    func forEach(_ body: ([Options]) -> Void) {
        var walk = Walk()
        extend(&walk, body)
        if walk.found && walk.visits <= Self.most { return }
        // Too many, or none that explains how they came to stand together: what each socket alone allows, from one end to the other.
        for last in [false, true] { body(sockets.map { choices($0)[last ? choices($0).count - 1 : 0] }) }
    }

    private struct Walk {
        var options: [Options] = []
        var visits = 0
        var found = false
    }

    private func extend(_ walk: inout Walk, _ body: ([Options]) -> Void) {
        walk.visits += 1
        if walk.visits > Self.most { return }
        let index = walk.options.count
        if index == sockets.count {
            if !isPossible(walk.options) { return }
            walk.found = true
            body(walk.options)
            return
        }
        for choice in choices(sockets[index]) {
            let fits = walk.options.indices.allSatisfy { other in
                mayStandTogether(index, choice, other, walk.options[other])
                    || isAccepted(index, by: other) || isAccepted(other, by: index)
                    || mayBeExcused(index, choice, beside: other)
                    || mayBeExcused(other, walk.options[other], beside: index)
            }
            if !fits { continue }
            walk.options.append(choice)
            extend(&walk, body)
            walk.options.removeLast()
        }
    }

    // MARK: - How sockets may have come to stand together

    /// Whether the sockets can stand together in a world, all of whose options are known.
    private func isPossible(_ world: [Options]) -> Bool {
        for first in world.indices {
            for second in world.indices[..<first]
            where !mayStandTogether(first, world[first], second, world[second]) {
                if isAccepted(first, in: world) && isAccepted(first, by: second) { continue }
                if isAccepted(second, in: world) && isAccepted(second, by: first) { continue }
                if passes(first, over: second, world) || passes(second, over: first, world) { continue }
                return false
            }
        }
        return true
    }

    private func isAccepted(_ connection: Int, by listener: Int) -> Bool {
        sockets[listener].isListening && sockets[connection].role == .accepted
    }

    /// Whether a connection has the options of a listener that is there: it was accepted from it.
    private func isAccepted(_ connection: Int, in world: [Options]) -> Bool {
        let (socket, options) = (sockets[connection], world[connection])
        return world.indices.contains { listener in
            isAccepted(connection, by: listener) && world[listener].reuseAddress == options.reuseAddress
                && world[listener].reusePort == options.reusePort && world[listener].isV6Only == options.isV6Only
                && sockets[listener].row.local.address.covers(socket.row.local.address)
        }
    }

    /// Whether a third socket may have let one of two pass that would be in each other's way; its options are not known yet.
    private func mayBeExcused(_ index: Int, _ options: Options, beside other: Int) -> Bool {
        options.reusePort
            && sockets.indices.contains { third in
                third != index && third != other && mayExcuse(third, index, sockets[index].uid)
                    && sockets[third].reusePort != false
            }
    }

    /// Whether the first of two sockets may have been bound although the second, which stood there, was in its way: it stands beside
    /// it by itself, or a third one let it pass that could be bound so.
    private func passes(_ socket: Int, over other: Int, _ world: [Options], besides thirds: Set<Int> = []) -> Bool {
        guard world[socket].reusePort else { return false }
        return world.indices.contains { third in
            guard third != socket, third != other, !thirds.contains(third), world[third].reusePort,
                mayExcuse(third, socket, sockets[socket].uid)
            else { return false }
            if sockets[socket].row.table.transport == .udp {
                return isMet(third, before: other, by: socket, world)
                    && (mayStandTogether(third, world[third], other, world[other])
                        || passes(third, over: other, world, besides: thirds.union([socket])))
            }
            let asked = sockets[socket]
            return ([asked.row.local.address] + (asked.isConnected ? [asked.wildcard] : [])).contains { address in
                remembers(third, world, address, v6Only: world[socket].isV6Only, over: [other])
            }
        }
    }

    private func mayExcuse(_ third: Int, _ socket: Int, _ user: UInt32?) -> Bool {
        let excusing = sockets[third]
        if excusing.isQueued { return false }
        return excusing.isTimeWait || user == nil || excusing.uid == nil || excusing.uid == user
    }

    /// UDP: bind() goes by SO_REUSEPORT of the first socket in its way. IPv6 ones that have it stand last.
    private func isMet(_ third: Int, before other: Int, by socket: Int, _ world: [Options]) -> Bool {
        let isLast = sockets[other].row.table == .udp6 && world[other].reusePort
        return (sockets[third].row.table != .udp6 || isLast)
            && AddressOverlap.between(
                sockets[third].row.local.address, v6Only: world[third].isV6Only, sockets[socket].row.local.address,
                v6Only: world[socket].isV6Only) == .yes
    }

    /// TCP: whether the kernel may remember a socket of the port such that one that asks for an address passes without a look at others.
    ///
    /// It remembers address and user of the last socket that was bound with SO_REUSEPORT (`sk_reuseport_match`), or one without it,
    /// and forgets it when a listener without it begins to listen. So what is in the way stood beside that socket by itself. A
    /// connection may have been bound to the wildcard.
    func remembers(
        _ third: Int, _ world: [Options], _ asked: IPAddress, v6Only: Bool, over others: some Sequence<Int>
    ) -> Bool {
        let (socket, options) = (sockets[third], world[third])
        // What a listener that is there has accepted tells no more than the listener.
        let isBoundSomehow =
            socket.isConnected && !(socket.role == .accepted && sockets.contains(where: \.isListening))
        return ([socket.row.local.address] + (isBoundSomehow ? [socket.wildcard] : [])).contains { address in
            AddressOverlap.isRemembered(
                address, socket.row.table.family, v6Only: options.isV6Only, asked, v6Only: v6Only)
                && others.allSatisfy { other in
                    if other == third { return false }
                    let overlap = AddressOverlap.between(
                        address, v6Only: options.isV6Only, sockets[other].row.local.address,
                        v6Only: world[other].isV6Only)
                    return overlap == .no
                        || options.reuseAddress && world[other].reuseAddress && !sockets[other].isListening
                }
        }
    }

    /// The options that a socket alone may have.
    private func choices(_ socket: BoundSocket) -> [Options] {
        let onInterface: [Bool] =
            interface == 0 ? [true] : socket.interface.map { [$0 == 0 || $0 == interface] } ?? [true, false]
        var choices: [Options] = []
        for address in Self.values(socket.reuseAddress) {
            for port in Self.values(socket.reusePort) {
                for v6Only in Self.values(socket.isV6Only) {
                    for isOnInterface in onInterface {
                        choices.append(
                            Options(
                                reuseAddress: address, reusePort: port, isV6Only: v6Only, isOnInterface: isOnInterface))
                    }
                }
            }
        }
        return choices
    }

    private static func values(_ known: Bool?) -> [Bool] { known.map { [$0] } ?? [false, true] }

    /// Whether both can be there by themselves. Two connections may: accept() and connect() ask for no more than a four-tuple. Every
    /// other pair was checked when the later of the two was bound, or the listener that it came from.
    private func mayStandTogether(_ first: Int, _ one: Options, _ second: Int, _ other: Options) -> Bool {
        let (a, b) = (sockets[first], sockets[second])
        if a.isConnected && b.isConnected { return true }
        if let a = a.interface, let b = b.interface, a != 0, b != 0, a != b { return true }
        let overlap = AddressOverlap.between(
            a.row.local.address, v6Only: one.isV6Only, b.row.local.address, v6Only: other.isV6Only)
        if overlap == .no { return true }
        if one.reuseAddress && other.reuseAddress && !(a.isListening && b.isListening) { return true }
        if !(one.reusePort && other.reusePort) { return false }
        // Who had bound a TIME_WAIT is not known, and does not matter to those who came after it.
        guard let user = a.uid, let otherUser = b.uid, !a.isTimeWait, !b.isTimeWait else { return true }
        return user == otherUser
    }
}
