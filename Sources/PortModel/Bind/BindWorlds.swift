/// Every way in which the options that nothing shows may stand, given that the sockets stand on one port together.
///
/// Two sockets of which one was in the other's way when it was bound have an option in common that let it pass, or a third one let it.
/// So not every combination of options is possible, and often all that are agree on what a bind() meets.
struct BindWorlds {
    /// The sockets, of many that mean the same to the bind() two.
    let sockets: [BoundSocket]
    /// Which of ``sockets`` stands for each socket that was given; `nil` for half-open ones.
    let places: [Int?]

    private let interface: UInt32
    /// While all sockets that were bound have SO_REUSEPORT and one user the kernel may compare no address (FASTREUSEPORT_ANY); 6.18 does.
    private let comparesNoAddress: Bool

    /// More steps are not gone through: then every combination counts as possible.
    private static let most = 200_000

    /// The worlds of some sockets, as far as they matter to a bind().
    init(_ all: [BoundSocket], for request: BindRequest, _ kernel: KernelVersion) {
        let crowd = BindCrowd(all, asked: request.local.address)
        (sockets, places) = (crowd.sockets, crowd.places)
        interface = request.interface
        comparesNoAddress = kernel < KernelVersion(6, 18)
    }

    /// Calls `body` with the options of each of ``sockets``, for every possible combination.
    func forEach(_ body: ([BindOptions]) -> Void) {
        var walk = Walk(choices: sockets.map(choices))
        extend(&walk, body)
        if walk.found && walk.visits <= Self.most { return }
        // Too many, or none that explains how they came to stand together: what each socket alone allows, from one end to the other.
        for isLast in [false, true] {
            for isV6Only in [false, true] {
                body(
                    walk.choices.map { choices in
                        let fitting = choices.filter { $0.isV6Only == isV6Only }
                        let allowed = fitting.isEmpty ? choices : fitting
                        return allowed[isLast ? allowed.count - 1 : 0]
                    })
            }
        }
    }

    private struct Walk {
        let choices: [[BindOptions]]
        var options: [BindOptions] = []
        var visits = 0
        var found = false

        init(choices: [[BindOptions]]) { self.choices = choices }
    }

    private func extend(_ walk: inout Walk, _ body: ([BindOptions]) -> Void) {
        walk.visits += 1
        if walk.visits > Self.most { return }
        let index = walk.options.count
        if index == sockets.count {
            if !isPossible(walk.options) { return }
            walk.found = true
            body(walk.options)
            return
        }
        for choice in walk.choices[index] {
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

    // MARK: - The options of a socket

    /// The options that a socket alone may have.
    private func choices(_ socket: BoundSocket) -> [BindOptions] {
        let onInterface: [Bool] =
            interface == 0 ? [true] : socket.interface.map { [$0 == 0 || $0 == interface] } ?? [true, false]
        var choices: [BindOptions] = []
        for address in Self.values(socket.reuseAddress) {
            for port in Self.values(socket.reusePort) {
                for v6Only in Self.values(socket.isV6Only) {
                    for isOnInterface in onInterface {
                        choices.append(
                            BindOptions(
                                reuseAddress: address, reusePort: port, isV6Only: v6Only, isOnInterface: isOnInterface))
                    }
                }
            }
        }
        return choices
    }

    private static func values(_ known: Bool?) -> [Bool] { known.map { [$0] } ?? [false, true] }

    // MARK: - How sockets may have come to stand together

    /// Whether both can be there. Two connections may: accept() and connect() ask for no more than a four-tuple. Every other pair was
    /// checked when the later of the two was bound, or the listener that it came from.
    private func mayStandTogether(_ first: Int, _ one: BindOptions, _ second: Int, _ other: BindOptions) -> Bool {
        let (a, b) = (sockets[first], sockets[second])
        if a.isConnected && b.isConnected { return true }
        if let a = a.interface, let b = b.interface, a != 0, b != 0, a != b { return true }
        let overlap = AddressOverlap.between(
            a.row.local.address, v6Only: one.isV6Only, b.row.local.address, v6Only: other.isV6Only)
        if overlap == .no { return true }
        if one.reuseAddress && other.reuseAddress && !(a.isListening && b.isListening) { return true }
        if one.reusePort && other.reusePort {
            // Who had bound a TIME_WAIT is not known, and does not matter to those who came after it.
            guard let user = a.uid, let otherUser = b.uid, !a.isTimeWait, !b.isTimeWait else { return true }
            return user == otherUser
        }
        return false
    }

    private func isAccepted(_ connection: Int, by listener: Int) -> Bool {
        sockets[listener].isListening && sockets[connection].role == .accepted
    }

    /// Whether the sockets can stand together in a world, all of whose options are known.
    private func isPossible(_ world: [BindOptions]) -> Bool {
        for first in world.indices {
            for second in world.indices[..<first]
            where !mayStandTogether(first, world[first], second, world[second]) {
                if isAccepted(first, by: second) && isChild(first, world) { continue }
                if isAccepted(second, by: first) && isChild(second, world) { continue }
                if passes(first, over: second, world) || passes(second, over: first, world) { continue }
                return false
            }
        }
        return true
    }

    /// Whether a connection has the options of a listener that is there: it was accepted from it.
    private func isChild(_ connection: Int, _ world: [BindOptions]) -> Bool {
        world.indices.contains { listener in
            isAccepted(connection, by: listener)
                && world[listener].reuseAddress == world[connection].reuseAddress
                && world[listener].reusePort == world[connection].reusePort
                && world[listener].isV6Only == world[connection].isV6Only
                && sockets[listener].row.local.address.covers(sockets[connection].row.local.address)
        }
    }

    /// Whether a third socket may have let one of two pass that would be in each other's way; its options are not known yet.
    private func mayBeExcused(_ index: Int, _ options: BindOptions, beside other: Int) -> Bool {
        options.reusePort
            && sockets.indices.contains { $0 != index && $0 != other && sockets[$0].reusePort != false }
    }

    /// Whether the first of two sockets may have been bound although the second, which stood there, was in its way: a third one let it
    /// pass, which could be bound beside the second by itself, or was let pass likewise.
    private func passes(_ index: Int, over other: Int, _ world: [BindOptions], besides left: Set<Int> = []) -> Bool {
        let (socket, options) = (sockets[index], world[index])
        guard options.reusePort else { return false }
        // The listener that it came from may have been of the user who passes.
        if socket.row.table.transport == .tcp, sockets[other].isConnected, world[other].reusePort { return true }
        return world.indices.contains { place in
            guard place != index, place != other, !left.contains(place), !isChild(place, world) else { return false }
            return ThirdSocket.all(from: sockets[place], world[place], for: socket.uid).contains { third in
                let stands = third.stands(beside: sockets[other], world[other], user: nil)
                if socket.row.table.transport == .tcp {
                    return stands
                        && socket.boundAddresses.contains { third.isRemembered(for: $0, isV6Only: options.isV6Only) }
                }
                return socket.boundAddresses.contains {
                    third.isMet(by: $0, isV6Only: options.isV6Only, before: sockets[other], world[other])
                } && (stands || passes(place, over: other, world, besides: left.union([index])))
            }
        }
    }

    /// TCP: whether a socket that is there may let a request pass over all others.
    func letPass(_ request: BindRequest, _ world: [BindOptions]) -> Bool {
        guard request.reusePort, !world.isEmpty else { return false }
        func isLike(_ place: Int) -> Bool {
            !ThirdSocket.all(from: sockets[place], world[place], for: request.uid).isEmpty
        }
        if comparesNoAddress, world.indices.allSatisfy({ isLike($0) || world[$0].reusePort && sockets[$0].isConnected })
        {
            return true
        }
        return world.indices.contains { place in
            !isChild(place, world)
                && ThirdSocket.all(from: sockets[place], world[place], for: request.uid).contains { third in
                    third.isRemembered(for: request.local.address, isV6Only: request.isV6Only)
                        && world.indices.allSatisfy {
                            $0 == place || third.stands(beside: sockets[$0], world[$0], user: request.uid)
                        }
                }
        }
    }
}
