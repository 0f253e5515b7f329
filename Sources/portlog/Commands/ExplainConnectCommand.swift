import ArgumentParser
import PortModel
import PortProbe
import PortReports

/// `portlog explain connect`
struct ExplainConnectCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "How many more connections fit to a destination, and what holds the rest.",
        discussion: """
            Ends with 0 while another TCP connect() succeeds, with 1 where it fails with EADDRNOTAVAIL. Each pair of source \
            address and destination has every port of the ephemeral range once.
            """)

    @Argument(help: "10.0.0.9:5432 or [fd00::9]:5432.", transform: EndpointArgument.init(parsing:))
    var address: EndpointArgument
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("The source address. Default: the one that the route gives.", valueName: "address"))
    var from: String?
    @OptionGroup var options: ExplainOptions

    mutating func validate() throws {
        if options.question.filter.transport == .udp {
            throw ValidationError(
                "a UDP socket takes a port on every address: ask portlog explain bind udp 0.0.0.0:0 how many are left.")
        }
        if address.isDualStack {
            throw ValidationError("a destination is one address: 10.0.0.9:5432 or [fd00::9]:5432.")
        }
        if let interface = address.interface {
            throw ValidationError(
                "a destination has no interface: leave out %\(interface), and name the source with --from.")
        }
        if address.endpoint.port == 0 { throw ValidationError("a destination has a port from 1 to 65535.") }
        if let from {
            guard let source = IPAddress(from), !source.isWildcard else {
                throw ValidationError("--from takes one address of this host, such as 10.0.0.1, not \"\(from)\".")
            }
            if source.isIPv4 != address.endpoint.address.isIPv4 {
                throw ValidationError("--from \(from) and the destination are not of one family.")
            }
        }
    }

    func run(in world: World) async throws {
        var target = address.endpoint
        // connect() to the wildcard is connect() to the loopback address (ip(7)).
        if target.address == .anyIPv4 { target.address = IPAddress(ipv4: 0x7f00_0001) }
        if target.address == .anyIPv6 { target.address = IPAddress(high: 0, low: 1) }
        let scene = try options.scene(in: world) { socket, limits in
            socket.row.table.transport == .tcp && limits.mayChoose(socket.row.local.port)
        }
        if target.address.isMulticast || target.address == .broadcast
            || scene.addresses?.isBroadcast(target.address) == true
        {
            throw PortlogError(
                .usage, "no TCP connection leads to \(target.address)",
                why: "it is the address of many, and connect() fails with ENETUNREACH", whatToDo: "Name one host.")
        }
        var source = from.flatMap { IPAddress($0) }
        if source == nil {
            source =
                options.isAboutHistory()
                ? scene.usualSource(towards: target) : HostProbe().sourceAddress(towards: target.address)
        }
        if source == nil, !options.isAboutHistory() {
            throw PortlogError(
                .usage, "no route leads to \(target.address)", why: "connect() fails before it needs a port",
                whatToDo: "Name the source address with --from, or see ip route get \(target.address)")
        }
        let report = ExplainConnectReport(from: source, to: target, in: scene, limit: options.question.limit()).make()
        try options.question.show(explanation: report, in: world)
    }
}
