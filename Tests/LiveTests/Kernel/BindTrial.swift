import CThreads
import Glibc
import PortModel
import ProcFS
import SockDiag
import TestSupport

@testable import PortProbe
@testable import portload

/// How much the model is told about the sockets.
enum Witness: String, CaseIterable {
    /// What /proc shows.
    case proc
    /// And what sock_diag shows besides: sockets that are only bound, and IPV6_V6ONLY.
    case diag
    /// And the options of every socket that has a descriptor.
    case inspected
}

/// One bind() that is predicted, and made.
struct BindTrial {
    var population: Population
    var request: BindRequest
    var port: UInt16
    /// What the model says, by what it was told.
    var verdicts: [Witness: BindVerdict] = [:]
    /// What the model was told: without the inodes, which differ each time.
    var view: [Witness: [BoundSocket]] = [:]
    /// The sockets as the model had them, and which part of the population each is.
    var told: [Witness: (sockets: [BoundSocket], parts: [Population.Part?])] = [:]
    /// What the kernel says: nil for success.
    var errno: String?

    init(_ population: Population, _ request: BindRequest, port: UInt16) {
        self.population = population
        self.request = request
        self.request.local.port = port
        self.port = port
    }

    /// A random request.
    static func request(_ transport: TransportProtocol, using generator: inout SeededGenerator) -> BindRequest {
        let text = Population.addresses.randomElement(using: &generator) ?? "0.0.0.0"
        let address = IPAddress(text) ?? .anyIPv4
        return BindRequest(
            transport, Endpoint(address, 0), family: text.contains(":") ? .ipv6 : .ipv4,
            reuseAddress: Bool.random(using: &generator), reusePort: Bool.random(using: &generator),
            isV6Only: Bool.random(using: &generator) && text == "::",
            uid: Population.users.randomElement(using: &generator) ?? 0)
    }

    /// Whether the prediction is wrong.
    func isWrong(_ witness: Witness) -> Bool {
        switch verdicts[witness]?.outcome {
        case .succeeds: errno != nil
        case .fails(let error): errno != error.rawValue
        case .depends: errno != nil && errno != "EADDRINUSE"
        case nil: false
        }
    }

    /// Whether the sockets that have a descriptor left something open. What the kernel remembers of a port, and the order of UDP sockets of
    /// both families, nobody can ask for.
    var isUnasked: Bool {
        let isAnyWithout = view[.inspected]?.contains(where: \.hasNoDescriptor) ?? false
        let unknowns = verdicts[.inspected]?.blockers.flatMap(\.unknowns) ?? []
        return !isAnyWithout && unknowns.contains { $0 != .memory && $0 != .order }
    }

    /// Whether another trial shows a witness the same, and the model can't tell how it ends.
    func isAlike(_ other: BindTrial, to witness: Witness) -> Bool {
        // Each table is in the kernel's order.
        func tables(_ trial: BindTrial) -> [SocketTable: [BoundSocket]]? {
            trial.view[witness].map { Dictionary(grouping: $0) { $0.row.table } }
        }
        if request.transport == .udp, tables(self) != tables(other) { return false }
        func counted(_ trial: BindTrial) -> [BoundSocket: Int]? {
            trial.view[witness].map { Dictionary($0.map { ($0, 1) }, uniquingKeysWith: +) }
        }
        return counted(self) == counted(other) && other.verdicts[witness]?.outcome == .depends
    }

    /// Makes the bind().
    mutating func ask() throws {
        let text = request.local.address.text(in: request.family)
        guard let address = SocketAddress(text, port) else { throw SocketFailure("address", 0) }
        _ = setfsuid(request.uid)
        defer { _ = setfsuid(0) }
        let socket = try Socket.open(
            request.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM, address.family,
            .init(
                reuseAddress: request.reuseAddress, reusePort: request.reusePort,
                v6Only: request.family == .ipv6 ? request.isV6Only : nil))
        defer { socket.close() }
        try socket.bindToInterface(request.interface)
        do {
            try socket.bind(address)
            errno = nil
        } catch let failure as SocketFailure {
            errno = failure.errnoName
        }
    }
}

/// Trials side by side, each on a port of its own, so that the tables are read once for all.
struct BindTrials {
    private let sinks: [Sink]
    private let limits: PortLimits
    private let addresses: LocalAddresses
    private var nextPort: UInt16 = 2000
    private let proc = ProcFS()

    init() throws {
        sinks = try (9...14).map { try Sink(port: $0) }
        limits = ProcFS().limits().limits
        addresses = try ProcFS().localAddresses(netPath: "thread-self/net")
    }

    /// Predicts and makes some.
    mutating func run(_ trials: [(Population, BindRequest)]) throws -> [BindTrial] {
        var results: [BindTrial] = []
        var standing: [StandingPopulation] = []
        for (population, request) in trials {
            nextPort = nextPort >= 30_000 ? 2000 : nextPort + 1
            results.append(BindTrial(population, request, port: nextPort))
            standing.append(StandingPopulation(population, on: nextPort, towards: sinks))
        }
        let rows = Dictionary(grouping: proc.sockets(netPath: "thread-self/net").rows) { $0.local.port }
        let diag = Dictionary(grouping: try SockDiag().sockets().sockets) { $0.row.local.port }
        for index in results.indices {
            results[index].population.members = standing[index].made
            let (port, transport) = (results[index].port, results[index].request.transport)
            let seen = (rows[port] ?? []).filter { $0.table.transport == transport }
            let witnessed = (diag[port] ?? []).filter { $0.row.table.transport == transport }
            for witness in Witness.allCases {
                if witness == .proc, witnessed.contains(where: \.isBoundOnly) { continue }
                var sockets = BoundSocket.assumingRoles(of: seen)
                if witness != .proc {
                    var look = HostLook(
                        at: Timestamp(milliseconds: 0), bootClock: 0, host: "", limits: limits, addresses: addresses,
                        sockets: sockets)
                    look.note(witnessed)
                    sockets = look.sockets
                }
                if witness == .inspected { standing[index].inspect(&sockets) }
                results[index].view[witness] = sockets.map(\.asSeen)
                BindEvidence.apply(to: &sockets)
                results[index].told[witness] = (sockets, standing[index].parts(of: sockets))
                results[index].verdicts[witness] = BindRules.judge(
                    results[index].request, sockets, limits, addresses, isInKernelOrder: true)
            }
            try results[index].ask()
        }
        return results
    }
}

extension Socket {
    /// SO_BINDTODEVICE, by the number of the interface; 0 leaves it as it is.
    fileprivate func bindToInterface(_ interface: UInt32) throws {
        if interface == 0 { return }
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard if_indextoname(interface, &name) != nil,
            setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(strlen(name))) == 0
        else { throw SocketFailure("SO_BINDTODEVICE") }
    }
}

extension StandingPopulation {
    /// Fills in what the sockets themselves say.
    fileprivate func inspect(_ found: inout [BoundSocket]) {
        for index in found.indices {
            guard let socket = sockets[found[index].row.inode] else { continue }
            found[index].note(
                SocketOptions(
                    reuseAddress: socket.option(SOL_SOCKET, SO_REUSEADDR) != 0,
                    reusePort: socket.option(SOL_SOCKET, SO_REUSEPORT) != 0,
                    v6Only: found[index].row.table.family == .ipv6
                        ? socket.option(Int32(IPPROTO_IPV6), IPV6_V6ONLY) != 0 : nil, interface: 0))
        }
    }
}

extension BoundSocket {
    /// Without what differs each time.
    fileprivate var asSeen: BoundSocket {
        var socket = self
        socket.row.inode = min(1, row.inode)
        socket.row.local.port = 0
        socket.row.remote.port = min(1, row.remote.port)
        socket.row.timerTicks = min(1, row.timerTicks)
        return socket
    }
}
