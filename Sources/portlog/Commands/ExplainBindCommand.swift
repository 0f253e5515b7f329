import ArgumentParser
import PortModel
import PortProbe
import PortReports

/// `portlog explain bind`
struct ExplainBindCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "bind", abstract: "Would bind() succeed, and if not, who is in the way and what to do.",
        discussion: """
            Ends with 0 where it succeeds, 1 where it fails, 2 where options decide that nothing shows. Without --at it looks at \
            the sockets that are there now, and asks the history, where there is one, whose they were. Port 0 asks how many \
            ports are left to choose from.
            """)

    @Argument(help: "tcp or udp.") var transport: TransportProtocol
    @Argument(
        help: "10.0.0.1:80, [::1]:80, 0.0.0.0:80, or *:80 for all addresses of both families.",
        transform: EndpointArgument.init(parsing:))
    var address: EndpointArgument
    @Flag(name: .long, help: "The program sets SO_REUSEADDR, as most servers do.") var reuseAddress = false
    @Flag(name: .long, help: "The program sets SO_REUSEPORT.") var reusePort = false
    @Flag(name: .customLong("ipv6-only"), help: "The program sets IPV6_V6ONLY.") var isV6Only = false
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "The effective user of the program; 0 also stands for CAP_NET_BIND_SERVICE. Default: the caller.",
            valueName: "number"))
    var uid: UInt32?
    @Flag(
        name: .long,
        help: "Ask the sockets in question for their SO_REUSEADDR and SO_REUSEPORT (needs root or CAP_SYS_PTRACE).")
    var inspect = false
    @OptionGroup var options: ExplainOptions

    mutating func validate() throws {
        if let other = options.question.filter.transport, other != transport {
            throw ValidationError("--protocol \(other.rawValue) contradicts the argument \(transport.rawValue).")
        }
        if isV6Only, address.isDualStack {
            throw ValidationError("*:PORT asks for both families: --ipv6-only goes with [::]:PORT.")
        }
        if isV6Only, address.family == .ipv4 { throw ValidationError("--ipv6-only goes with an IPv6 address.") }
    }

    func run(in world: World) async throws {
        let endpoint = address.endpoint
        let scene = try options.scene(in: world, inspects: inspect) { socket, limits in
            socket.row.table.transport == transport
                && (endpoint.port == 0
                    ? limits.mayChoose(socket.row.local.port) : socket.row.local.port == endpoint.port)
        }
        var request = BindRequest(
            transport, endpoint, family: address.family, reuseAddress: reuseAddress, reusePort: reusePort,
            isV6Only: isV6Only || (!address.isDualStack && scene.limits.bindV6Only), uid: uid ?? world.uid)
        if let name = address.interface {
            guard let number = HostProbe().interface(named: name) else {
                throw PortlogError(.usage, "there is no interface \(name)", whatToDo: "See ip link show")
            }
            request.interface = number
        }
        let report = ExplainBindReport(request, in: scene, limit: options.question.limit()).make()
        try options.question.show(explanation: report, in: world)
    }
}
