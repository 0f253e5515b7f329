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
            walk.found = true
            body(walk.options)
            return
        }
        for choice in choices(sockets[index]) {
            let fits = walk.options.indices.allSatisfy { other in
                mayStandTogether(index, choice, other, walk.options[other])
                    || isExcused(index, choice, other, walk.options[other])
            }
            if !fits { continue }
            walk.options.append(choice)
            extend(&walk, body)
            walk.options.removeLast()
        }
    }

    /// Whether a third socket may have let one of two pass that would be in each other's way: the kernel takes a socket with
    /// SO_REUSEPORT without looking further when it meets, or remembers, one of the same user's that has it too. Of UDP sockets an
    /// IPv6 one is met last, so that it is no help against others than its like.
    private func isExcused(_ first: Int, _ one: Options, _ second: Int, _ other: Options) -> Bool {
        func mayPass(_ index: Int, _ options: Options, beside: Int, _ otherOptions: Options) -> Bool {
            let user = sockets[index].uid
            let isLast = sockets[beside].row.table == .udp6 && otherOptions.reusePort
            return options.reusePort
                && sockets.indices.contains { third in
                    third != index && third != beside && sockets[third].reusePort != false
                        && (sockets[third].row.table != .udp6 || isLast)
                        && (sockets[third].isTimeWait || user == nil || sockets[third].uid == nil
                            || sockets[third].uid == user)
                }
        }
        return mayPass(first, one, beside: second, other) || mayPass(second, other, beside: first, one)
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

    /// Whether both can be there. Two connections may: accept() and connect() ask for no more than a four-tuple. So may a listener and
    /// what it accepted; every other pair was checked when the later of the two was bound, or the listener that it came from.
    private func mayStandTogether(_ first: Int, _ one: Options, _ second: Int, _ other: Options) -> Bool {
        let (a, b) = (sockets[first], sockets[second])
        if a.isConnected && b.isConnected { return true }
        if a.isListening && b.role == .accepted || b.isListening && a.role == .accepted { return true }
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
