import PortHistory
import PortModel

/// What alerts say of a listener.
struct ListenerWords {
    /// So many ports of one program are named.
    private static let named = 8
    private let subject: AlertSubject
    private var name: String {
        "\(subject.transport == .tcp ? "TCP" : "UDP") \(subject.local.map { "\($0)" } ?? "?")"
    }
    private var place: String { name + AlertWords.place(subject.namespace) }

    init(_ subject: AlertSubject) { self.subject = subject }

    /// Strangers stand on one port.
    func conflict(_ kind: String, _ owners: [PortOwner]) -> Observation.Telling {
        let programs = owners.map { AlertWords.programs([$0]) }
        let names =
            programs.isEmpty ? "unknown programs" : programs.prefix(4).joined(separator: ", ")
        let message =
            switch kind {
            case "reuseport_strangers":
                "\(place) is shared by SO_REUSEPORT between \(names): the kernel spreads new connections over all of them"
            case "udp_shared":
                "\(place) is shared between \(names): with SO_REUSEADDR the one that was bound last gets every datagram"
            default: "\(place) takes connections from another program's wildcard: \(names)"
            }
        return .init(
            message: message,
            advice: [
                "portlog conflicts --namespace \(AlertWords.argument(subject.namespace)) says what to do",
                "Stop the one that does not belong there, or give each a port of its own",
            ], owners: owners)
    }

    /// It was there for long and left, alone or with others of its program.
    func gone(_ all: [AlertSubject], after age: Int64, _ owners: [PortOwner]) -> Observation.Telling {
        var advice = ServiceUnit.all(of: owners).flatMap { [$0.systemctl("status"), $0.journalctl] }
        if let port = subject.local?.port { advice.append("portlog who \(port) shows who held the port") }
        var names = all.prefix(Self.named).map { ListenerWords($0).name }.joined(separator: ", ")
        if all.count > Self.named { names += " and \(all.count - Self.named) more" }
        let (listeners, have) = all.count == 1 ? ("listener", "has") : ("\(all.count) listeners", "have")
        return .init(
            message:
                "the \(listeners) of \(AlertWords.programs(owners)) on \(names)\(AlertWords.place(subject.namespace)) \(have) gone, after \(AlertWords.duration(age))",
            advice: advice, owners: owners)
    }

    /// It accepts too slowly.
    func full(_ queue: SampleFigures.FullQueue, _ owners: [PortOwner]) -> Observation.Telling {
        .init(
            message:
                "the accept queue of \(AlertWords.programs(owners)) on \(place) is full: \(queue.length) connections wait, and its limit is \(queue.limit); what comes now is dropped",
            advice: [
                "ss -ltn sport = :\(queue.local.port) shows the queue (Recv-Q) beside its limit (Send-Q)",
                "The limit is the smaller of listen()'s backlog and net.core.somaxconn; a program that accepts too slowly fills any",
            ], owners: owners)
    }

    /// An outgoing connection stands on its port.
    func stolen(by row: SocketRow, _ thieves: [PortOwner], from victims: [PortOwner]) -> Observation.Telling {
        let port = row.local.port
        return .init(
            message:
                "the port of \(AlertWords.programs(victims)) on \(place) was given to the connection from \(row.local) to \(row.remote) of \(AlertWords.programs(thieves)): bind() fails with EADDRINUSE until it is over",
            advice: [
                "\(AlertWords.prefix(subject.namespace))ss -K dst \(address(row.remote.address)) dport = \(row.remote.port) sport = \(port)",
                "Add \(port) to net.ipv4.ip_local_reserved_ports, so that the kernel never chooses it",
            ] + ServiceUnit.all(of: victims).map { $0.systemctl("restart") }, owners: thieves + victims)
    }

    private func address(_ address: IPAddress) -> String { address.isIPv4 ? "\(address)" : "[\(address)]" }
}
