import PortModel
import TestSupport

/// Which sockets stand on one port: what a test makes of a seed, and can make again with other options on the same sockets.
struct Population {
    /// One socket, or a connection with its listener.
    struct Member: Hashable {
        var kind: Kind
        /// What it is bound to; a connection whose port the kernel chose is bound to nothing.
        var address: String
        /// The local address of its connection: the address, or of a wildcard any.
        var source: String
        /// The other end of its connection.
        var target: String
        var reuseAddress: Bool
        var reusePort: Bool
        var isV6Only: Bool
        var uid: UInt32
        /// Who accepts its connection, which is then that user's.
        var acceptor: UInt32

        /// The user that is seen of its connection, or of itself.
        var seenUser: UInt32 { kind.isAccepted ? acceptor : uid }
    }

    /// What becomes of a member.
    enum Kind: Hashable {
        /// Bound and no more: /proc does not show it.
        case bound
        case listening
        /// A listener with a connection that was accepted.
        case serving
        /// A listener with a connection that nobody has accepted.
        case queue
        /// A connection without a listener.
        case connection(Origin, Stage)
        /// Closed again before the question.
        case gone
        case datagram
        case datagramConnection

        /// A listener that has gone accepted it.
        var isAccepted: Bool { if case .connection(.accepted, _) = self { true } else { false } }

        /// The kernel chose its address and port.
        var isChosen: Bool { if case .connection(.chosen, _) = self { true } else { false } }
    }

    /// How a connection came about: the tables show all alike.
    enum Origin: Hashable, CaseIterable {
        /// bind(), then connect().
        case bound
        /// connect() alone: the kernel chose the port.
        case chosen
        /// Of a listener that has gone.
        case accepted
    }

    /// How far a connection has got.
    enum Stage: Hashable, CaseIterable {
        case established
        /// The peer has closed.
        case closeWait
        /// FIN_WAIT_2 of a program that has closed.
        case orphan
        case timeWait
    }

    var transport: TransportProtocol
    var members: [Member]
    /// Connections that were accepted on one address with the same options came from one listener.
    var sharesListeners = false
    /// More than ten other UDP sockets stand in the kernel's list, so that it looks for others by their address first.
    var isCrowded = false

    /// One of its parts.
    init(_ transport: TransportProtocol, members: [Member]) {
        self.transport = transport
        self.members = members
    }

    /// A random one.
    init(_ transport: TransportProtocol, using generator: inout SeededGenerator) {
        self.transport = transport
        sharesListeners = generator.oneIn(2)
        isCrowded = transport == .udp && generator.oneIn(4)
        let count = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5].randomElement(using: &generator) ?? 1
        // Some have the same options throughout, so that more of them come to stand side by side.
        let common =
            Bool.random(using: &generator) ? (Bool.random(using: &generator), Bool.random(using: &generator)) : nil
        members = (0..<count).map { _ in
            let address = Self.addresses.randomElement(using: &generator) ?? "0.0.0.0"
            let target = Self.targets(of: address).randomElement(using: &generator) ?? address
            let kind = Self.kinds(transport).randomElement(using: &generator) ?? .gone
            let uid = Self.users.randomElement(using: &generator) ?? 0
            return Member(
                kind: kind, address: address,
                source: IPAddress(address)?.isWildcard == true ? target : address, target: target,
                reuseAddress: common?.0 ?? Bool.random(using: &generator),
                // Of one that has gone nothing shows that the kernel remembers it: no verdict can be right.
                reusePort: kind != .gone && (common?.1 ?? Bool.random(using: &generator)),
                isV6Only: Bool.random(using: &generator),
                uid: uid, acceptor: generator.oneIn(4) ? Self.users.randomElement(using: &generator) ?? 0 : uid)
        }
    }

    private static func kinds(_ transport: TransportProtocol) -> [Kind] {
        if transport == .udp { return [.datagram, .datagram, .datagram, .datagramConnection, .gone] }
        let connections = Stage.allCases.flatMap { stage in Origin.allCases.map { Kind.connection($0, stage) } }
        return [.bound, .bound, .listening, .listening, .serving, .queue, .gone] + connections
    }

    /// Addresses that are reached from an address.
    static func targets(of address: String) -> [String] {
        let mapped = ["::ffff:127.0.0.1", "::ffff:10.1.1.1"]
        if address.hasPrefix("::ffff:") { return mapped }
        if address == "::" { return ["::1", "::1", "fd00::1", "fd00::1"] + mapped }
        return address.contains(":") ? ["::1", "fd00::1"] : ["127.0.0.1", "10.1.1.1"]
    }

    static let addresses = [
        "127.0.0.1", "127.0.0.1", "127.0.0.2", "10.1.1.1", "0.0.0.0", "0.0.0.0", "::1", "fd00::1", "::", "::",
        "::ffff:127.0.0.1", "::ffff:0.0.0.0",
    ]
    static let users: [UInt32] = [0, 0, 1001, 1002]
}
