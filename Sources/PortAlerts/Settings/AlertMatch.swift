import PortModel

/// Which alerts an override or a silence is about: all that is given has to fit.
public struct AlertMatch: Hashable, Sendable {
    /// One rule only.
    public var rule: AlertRule?
    /// One namespace only, by its name.
    public var namespace: String?
    /// The peer of a destination; its port 0: any.
    public var destination: Endpoint?
    /// The port of a listener, or of a destination's peer.
    public var port: UInt16?
    /// The command of one of the processes, or the path of its executable; of a destination, of the one with most of the ports.
    public var program: String?
    /// The systemd unit of one of the processes, as it is recorded; of a destination, of the one with most of the ports. No process in a
    /// container has it, whose units are not the host's.
    public var unit: String?

    /// Everything.
    public init() {}

    /// Whether it says who, so that owners have to be known.
    var asksWho: Bool { program != nil || unit != nil }

    /// Whether it is about an alert.
    func matches(_ rule: AlertRule, _ subject: AlertSubject, _ owners: [PortOwner]) -> Bool {
        if let wanted = self.rule, wanted != rule { return false }
        if let namespace, namespace != subject.namespace { return false }
        if let destination {
            guard subject.kind == .destination, let remote = subject.remote, remote.address == destination.address,
                destination.port == 0 || destination.port == remote.port
            else { return false }
        }
        if let port {
            let own = subject.kind == .destination ? subject.remote?.port : subject.local?.port
            if own != port { return false }
        }
        // That somebody has one of many connections says nothing.
        let owners = owners.prefix(subject.kind == .destination ? 1 : .max)
        if let program, !owners.contains(where: { $0.command == program || $0.executable == program }) { return false }
        if let unit, !owners.contains(where: { $0.unit == unit && $0.container == nil }) { return false }
        return true
    }
}
