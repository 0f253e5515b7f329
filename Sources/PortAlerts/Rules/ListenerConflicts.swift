import PortHistory
import PortModel

/// Which conflicts there are among the listeners that stand on one port now.
///
/// The rules are those of `portlog conflicts`, which follows a whole period and knows more kinds.
struct ListenerConflicts {
    /// A conflict that is worth a warning.
    struct Conflict {
        /// `reuseport_strangers`, `shadowed_listener` or `udp_shared`.
        var kind: String
        /// What is bound.
        var address: IPAddress
        /// The listeners that have a part in it.
        var sides: [SampleFigures.Listening.Listener]
    }

    /// What listens there.
    private struct Party {
        var listener: SampleFigures.Listening.Listener
        var programs: Set<String>
    }

    /// Services of multicast, whose ports are meant to be shared: mDNS, SSDP, WS-Discovery, LLMNR.
    private static let multicast: Set<UInt16> = [5353, 1900, 3702, 5355]

    /// The conflicts among some listeners of a port.
    static func among(
        _ listeners: [SampleFigures.Listening.Listener], _ transport: TransportProtocol, port: UInt16,
        _ witness: some AlertWitness
    ) -> [Conflict] {
        if listeners.count < 2 { return [] }
        if transport == .udp, multicast.contains(port) { return [] }
        let parties = listeners.map { listener in
            Party(
                listener: listener, programs: Set(witness.ownership(of: listener.holder).owners.map(program)))
        }
        let groups = Dictionary(grouping: parties, by: \.listener.address)
        var conflicts: [Conflict] = []
        for (address, group) in groups where group.count > 1 {
            let isStrange = group.dropFirst().contains { areStrangers($0, group[0]) }
            if !isStrange { continue }
            conflicts.append(
                Conflict(
                    kind: transport == .tcp ? "reuseport_strangers" : "udp_shared", address: address,
                    sides: group.map(\.listener)))
        }
        if transport == .udp { return conflicts }
        for (address, group) in groups where !(address == .anyIPv6) {
            // What `::` leaves to IPv4 may be nothing: with IPV6_V6ONLY, which /proc does not show.
            let wildcard: IPAddress = address.isIPv4 ? .anyIPv4 : .anyIPv6
            if address == wildcard { continue }
            let behind = (groups[wildcard] ?? []).filter { isAnotherProgram($0, group[0]) }
            if behind.isEmpty { continue }
            conflicts.append(
                Conflict(
                    kind: "shadowed_listener", address: address, sides: (group + behind).map(\.listener)))
        }
        return conflicts
    }

    private static func program(_ owner: PortOwner) -> String {
        let path = owner.executable ?? owner.command
        // Linux adds this when the file was replaced, as every upgrade does.
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    private static func areStrangers(_ a: Party, _ b: Party) -> Bool {
        isAnotherProgram(a, b) || a.listener.uid != b.listener.uid
    }

    /// Whether they are certainly two programs: both known with none in common, or of different users where one is not known.
    private static func isAnotherProgram(_ a: Party, _ b: Party) -> Bool {
        if a.programs.isEmpty || b.programs.isEmpty { return a.listener.uid != b.listener.uid }
        return a.programs.isDisjoint(with: b.programs)
    }
}
