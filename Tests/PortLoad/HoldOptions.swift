import ArgumentParser

/// Which end of a connection closes first, and so is left in TIME_WAIT.
enum Side: String, ExpressibleByArgument, Codable {
    case client
    case server
}

/// What `hold` and its processes are told alike.
struct HoldOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Connections to hold. Both ends are local: N connections, 2N sockets.", valueName: "n"))
    var connections = 0

    @Option(help: ArgumentHelp("Sockets to leave in TIME_WAIT, over and above the connections.", valueName: "m"))
    var timeWait = 0

    @Option(help: "The end that closes first and keeps the TIME_WAIT: client or server.")
    var timeWaitSide = Side.client

    @Option(help: ArgumentHelp("Connections to open and, as many, to close a second.", valueName: "r"))
    var rate = 0

    @Flag(help: "The connections that --rate closes are reset, so that they leave no TIME_WAIT.")
    var reset = false

    @Option(help: "The port of the listeners; outside of ip_local_port_range.")
    var port: UInt16 = 8080

    @Option(help: ArgumentHelp("A destination; repeatable, at least one for each process. Default: 127.1.0.1 and up."))
    var to: [String] = []

    /// The arguments that give a process its share of these options.
    func arguments(for share: HoldPlan.Share) -> [String] {
        [
            "--connections", "\(share.connections)", "--time-wait", "\(share.timeWait)",
            "--time-wait-side", timeWaitSide.rawValue, "--rate", "\(share.rate)", "--port", "\(port)",
        ] + (reset ? ["--reset"] : []) + share.destinations.flatMap { ["--to", $0] }
    }
}
