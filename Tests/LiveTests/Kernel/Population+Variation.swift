import TestSupport

@testable import PortModel

extension Population {
    /// The same sockets with other options, perhaps come about in another way and in another order.
    ///
    /// - Parameters:
    ///   - uid: the user who asks: what decides is often a socket of his that nothing shows as his.
    ///   - isInspected: the options of what has a descriptor are known, so that they stay.
    func varied(for uid: UInt32, isInspected: Bool, using generator: inout SeededGenerator) -> Population {
        var other = self
        other.varySurroundings(using: &generator)
        // What lets sockets stand side by side is mostly an option that all of them have.
        let commons = [(true, true), (true, true), (true, false), (false, true), (false, false)]
        let common = generator.oneIn(3) ? nil : commons.randomElement(using: &generator)
        let only = generator.oneIn(3) ? members.indices.randomElement(using: &generator) : nil
        for index in other.members.indices where only.map({ $0 == index }) ?? !generator.oneIn(4) {
            if !(isInspected && members[index].hasDescriptor) {
                other.members[index].vary(common, using: &generator)
            }
            other.members[index].varyOrigin(for: uid, using: &generator)
        }
        if Bool.random(using: &generator) { other.members.shuffle(using: &generator) }
        return other
    }

    /// The same sockets with these options, perhaps come about in another way and in another order, and perhaps after a socket that has
    /// gone again.
    func varied(
        for request: BindRequest, options: [Part: BindOptions], using generator: inout SeededGenerator
    ) -> Population {
        var other = Population(transport, members: [])
        other.varySurroundings(using: &generator)
        for (index, member) in members.enumerated() {
            let (own, accepted) = (options[.whole(index)], options[.accepted(index)])
            if let accepted, accepted != own, member.kind == .serving {
                // It was never accepted from this listener.
                var parts = [member, member]
                parts[0].kind = .listening
                (parts[1].kind, parts[1].uid) = (.connection(.bound, .established), member.acceptor)
                parts[1].varyOrigin(for: request.uid, using: &generator)
                if let own { parts[0].take(own) }
                parts[1].take(accepted)
                other.members += parts
            } else {
                var member = member
                if generator.oneIn(2) { member.varyOrigin(for: request.uid, using: &generator) }
                if let own { member.take(own) }
                other.members.append(member)
            }
        }
        if Bool.random(using: &generator) { other.members.shuffle(using: &generator) }
        if generator.oneIn(3) { other.insertGone(for: request, using: &generator) }
        return other
    }

    private mutating func varySurroundings(using generator: inout SeededGenerator) {
        sharesListeners = generator.oneIn(2)
        isCrowded = transport == .udp && generator.oneIn(4)
    }

    /// Adds a socket that let others pass, and has gone: of a TCP port the kernel remembers the last one that was bound with
    /// SO_REUSEPORT, and of UDP sockets the newest one decides.
    private mutating func insertGone(for request: BindRequest, using generator: inout SeededGenerator) {
        let asked = request.local.address.text(in: request.family)
        let address = Bool.random(using: &generator) ? asked : Self.addresses.randomElement(using: &generator) ?? asked
        let uid = Bool.random(using: &generator) ? request.uid : members.randomElement(using: &generator)?.uid ?? 0
        members.insert(
            Member(
                kind: .gone, address: address, source: address, target: address, reuseAddress: !generator.oneIn(4),
                reusePort: true, isV6Only: Bool.random(using: &generator), uid: uid, acceptor: uid),
            at: generator.oneIn(2) ? members.count : Int.random(in: 0...members.count, using: &generator))
    }

    /// A socket of a member, by the member's place.
    enum Part: Hashable {
        /// Its only one, or its listener.
        case whole(Int)
        /// What its listener has accepted.
        case accepted(Int)
    }
}

extension Population.Member {
    /// Other options.
    fileprivate mutating func vary(_ common: (Bool, Bool)?, using generator: inout SeededGenerator) {
        reuseAddress = common?.0 ?? Bool.random(using: &generator)
        reusePort = common?.1 ?? Bool.random(using: &generator)
        isV6Only = Bool.random(using: &generator)
    }

    /// Perhaps another way to what the tables show alike.
    fileprivate mutating func varyOrigin(for asking: UInt32, using generator: inout SeededGenerator) {
        var user = seenUser
        if leavesNoUser {
            user = Bool.random(using: &generator) ? asking : Population.users.randomElement(using: &generator) ?? 0
        }
        if case .connection(_, let stage) = kind {
            kind = .connection(Population.Origin.allCases.randomElement(using: &generator) ?? .bound, stage)
        } else if kind != .datagramConnection {
            return
        }
        // Whose listener it was cannot be seen either.
        (uid, acceptor) = (user, user)
        if kind.isAccepted, Bool.random(using: &generator) { uid = asking }
        // What comes from one address may have been bound to it, or to a wildcard.
        let isWildcard = Bool.random(using: &generator)
        address = isWildcard ? wildcards.randomElement(using: &generator) ?? source : source
        makePossible()
    }

    /// Takes options: a connection from an IPv6 address without IPV6_V6ONLY was bound to `::`.
    fileprivate mutating func take(_ options: BindOptions) {
        (reuseAddress, reusePort, isV6Only) = (options.reuseAddress, options.reusePort, options.isV6Only)
        if isConnection, !isV6Only, wildcards == ["::"] {
            address = "::"
            makePossible()
        }
    }

    /// What connects from a wildcard gets the address of its target: from another one it was accepted. bind() to an IPv6 address sets
    /// IPV6_V6ONLY.
    private mutating func makePossible() {
        guard case .connection(let origin, let stage) = kind, source != target else { return }
        let isBound = origin == .bound && address != source
        let isForIPv6 = origin == .chosen && !isV6Only && wildcards == ["::"]
        if isBound || isForIPv6 { (kind, acceptor) = (.connection(.accepted, stage), seenUser) }
    }

    private var isConnection: Bool {
        if case .connection = kind { true } else { kind == .datagramConnection }
    }

    /// The wildcards that a connection with its source may have been bound to.
    private var wildcards: [String] {
        source.hasPrefix("::ffff:") ? ["::ffff:0.0.0.0", "::"] : source.contains(":") ? ["::"] : ["0.0.0.0"]
    }

    /// Whose it was cannot be seen.
    private var leavesNoUser: Bool {
        if case .connection(_, let stage) = kind { stage == .orphan || stage == .timeWait } else { false }
    }

    /// Its options can be asked for.
    fileprivate var hasDescriptor: Bool { !leavesNoUser && kind != .queue && kind != .gone }
}
