import PortHistory
import PortModel

/// What alerts say of a destination.
struct DestinationWords {
    private let destination: Destination
    private let namespace: SampleFigures.Namespace
    private let use: DestinationUse

    init(_ destination: Destination, _ namespace: SampleFigures.Namespace, _ use: DestinationUse) {
        self.destination = destination
        self.namespace = namespace
        self.use = use
    }

    private var path: String {
        "from \(destination.local) to \(Endpoint(destination.remote, destination.remotePort))\(AlertWords.place(namespace.name))"
    }

    /// The ports towards it are nearly used up, or soon will be.
    func exhaustion(after: Int64?, at time: Timestamp?, _ owners: [PortOwner]) -> Observation.Telling {
        var message = "\(use.used) of \(use.capacity) ports \(path) are in use (\(AlertWords.percent(use.utilization)))"
        if use.free <= 0 {
            message += ": connect() fails with EADDRNOTAVAIL"
        } else if let after, let time {
            message += "; at this rate they run out in \(AlertWords.duration(after)), at \(time)"
        }
        if !owners.isEmpty { message += "; used by \(AlertWords.programs(owners))" }
        return .init(message: message, advice: advice, owners: owners)
    }

    private var advice: [String] {
        var lines: [String] = []
        if use.usedByTimeWait * 2 >= use.used {
            lines.append(
                "\(use.usedByTimeWait) of them are TIME_WAIT, for 60 s each: keep connections open and use them again, or let the peer close first"
            )
            if namespace.limits.timeWaitReuse != 1, namespace.limits.timestamps != 0 {
                lines.append("\(AlertWords.prefix(namespace.name))sysctl -w net.ipv4.tcp_tw_reuse=1")
            }
        } else {
            lines.append("Most of them are open: look for connections that the program does not close")
        }
        lines.append(
            "More ports: widen net.ipv4.ip_local_port_range (now \(namespace.limits.range.first)-\(namespace.limits.range.last)), or spread over more source or peer addresses"
        )
        lines.append("portlog ephemeral --namespace \(AlertWords.argument(namespace.name)) shows who uses them")
        return lines
    }

    /// Every connect() searches half of the range in vain.
    func slow(_ owners: [PortOwner]) -> Observation.Telling {
        .init(
            message: "every connect() \(path) searches half of the port range in vain: no port of the parity that it "
                + "tries first is free (\(use.used) of \(use.capacity) in use)", advice: advice, owners: owners)
    }
}
