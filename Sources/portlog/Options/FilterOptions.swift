import ArgumentParser
import PortHistory
import PortModel

extension TransportProtocol: ExpressibleByArgument {}

/// `--protocol` and `--namespace`: about which sockets a question is.
struct FilterOptions: ParsableArguments {
    /// About one protocol only.
    @Option(
        name: .customLong("protocol"), parsing: .unconditional,
        help: ArgumentHelp("Only this protocol. Default: both.", valueName: "protocol"))
    var transport: TransportProtocol?

    /// About one network namespace only.
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Only this network namespace; 'host' is the recorder's own. Default: all.", valueName: "name"))
    var namespace: String?

    /// The same as a filter.
    var filter: SocketFilter { SocketFilter(namespace: namespace, transport: transport) }
}
