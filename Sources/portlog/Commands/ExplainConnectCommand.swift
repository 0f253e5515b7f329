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
            guard let source = IPAddress(from), !source.isWildcard, !source.isMulticast, source != .broadcast else {
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
        let source =
            options.isAboutHistory()
            ? from.flatMap { IPAddress($0) } ?? scene.usualSource(towards: target)
            : try presentSource(towards: target.address, scene.addresses)
        let report = ExplainConnectReport(from: source, to: target, in: scene, limit: options.question.limit()).make()
        try options.question.show(explanation: report, in: world)
    }

    /// The source address of a connection now: the one named, or that of the route.
    ///
    /// - Throws: ``PortlogError`` where no route leads from there to the destination.
    private func presentSource(towards target: IPAddress, _ addresses: LocalAddresses?) throws -> IPAddress {
        if let source = from.flatMap({ IPAddress($0) }) {
            guard let why = Self.failure(from: source, to: target, addresses) else { return source }
            throw PortlogError(
                .usage, "no route leads from \(source) to \(target)", why: why,
                whatToDo: "Leave out --from for the address that the route gives, or see ip route get \(target)")
        }
        guard let source = HostProbe().sourceAddress(towards: target) else {
            throw PortlogError(
                .usage, "no route leads to \(target)", why: "connect() fails before it needs a port",
                whatToDo: "Name the source address with --from, or see ip route get \(target)")
        }
        return source
    }

    /// Why connect() from an address fails whatever the port; `nil` where it need not.
    private static func failure(
        from source: IPAddress, to target: IPAddress, _ addresses: LocalAddresses?
    ) -> String? {
        if let failure = HostProbe().routeFailure(from: source, to: target) {
            return "connect() fails before it needs a port (\(failure))"
        }
        // The kernel sends such packets, and whoever gets them drops them: RFC 4291, 2.5.3.
        if source.isLoopback, !source.isIPv4, addresses?.accepts(target, .tcp) == false {
            return "no other host answers a loopback address, and connect() times out"
        }
        return nil
    }
}
