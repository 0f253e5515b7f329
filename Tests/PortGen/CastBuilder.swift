import PortModel
import TestSupport

/// Puts the cast of a plan together.
struct CastBuilder {
    private let plan: Plan
    private var generator: SeededGenerator
    private var cast = Cast()
    private var ports: Set<UInt16> = []

    private static let words = [
        "account", "audit", "basket", "billing", "catalog", "checkout", "content", "coupon", "customer", "delivery",
        "export",
        "feed", "fraud", "image", "inventory", "invoice", "ledger", "loyalty", "mail", "media", "notify", "orders",
        "partner",
        "payment", "pricing", "profile", "quota", "rating", "refund", "report", "search", "session", "shipping",
        "stock",
        "tariff", "ticket", "tracking", "user", "voucher", "warehouse",
    ]
    private static let kinds = ["api", "worker", "gateway", "cache"]
    private static let serviceCount = 200
    private static let destinationCount = 50

    /// The cast of a plan.
    static func build(_ plan: Plan) -> Cast {
        var builder = CastBuilder(plan: plan, generator: SeededGenerator(seed: plan.seed ^ 0xCA57))
        builder.addWellKnown()
        builder.addApplications()
        builder.addDestinations()
        builder.addDatagrams()
        return builder.cast
    }

    private init(plan: Plan, generator: SeededGenerator) {
        self.plan = plan
        self.generator = generator
    }

    // MARK: - Services

    private mutating func addWellKnown() {
        let sshd = add("sshd", uid: 0, unit: "ssh.service", .perConnection)
        serve(sshd, 22, .tcp, clients: addresses(12, from: 0x0A02_0001), perSecond: 0.0015, lifetime: 1800)
        serve(sshd, 22, .tcp6, clients: [Cast.neighbour6(5)], perSecond: 0.0002, lifetime: 900)

        // The busy ones: the public web server, an edge with a socket a worker, a database.
        let nginx = add("nginx", uid: 33, unit: "nginx.service", .forked(4))
        let publicClients = (0..<max(1, plan.publicClients)).map { number in
            IPAddress(ipv4: 0x2D00_0000 &+ UInt32(number) &* 40_503)
        }
        serve(nginx, 80, .tcp, clients: publicClients, skew: 2, perSecond: 0.03, lifetime: 0.3, closesFirst: 1)
        serve(nginx, 443, .tcp, clients: publicClients, skew: 2, perSecond: 0.2, lifetime: 5, closesFirst: 0.7)
        serve(
            nginx, 443, .tcp6, clients: (0..<200).map(Cast.neighbour6), skew: 2, perSecond: 0.02, lifetime: 5,
            closesFirst: 0.7)
        if plan.standingClients > 0 {
            let push = add("pushd", uid: 1002, unit: "pushd.service", .none)
            let lifetime = 8 * 3600.0
            serve(
                push, 5222, .tcp, clients: publicClients, perSecond: Double(plan.standingClients) / lifetime,
                lifetime: lifetime, closesFirst: 0.2)
        }
        let edge = add("envoy", uid: 1001, unit: "envoy.service", .reusePort(4))
        serve(
            edge, 8443, .tcp, clients: addresses(3, from: 0x0A00_0101), perSecond: 0.16, lifetime: 2, closesFirst: 0.9)
        serve(edge, 9901, .tcp, bind: Cast.loopback)
        let postgres = add("postgres", uid: 105, unit: "postgresql@17-main.service", .perConnection)
        serve(postgres, 5432, .tcp, clients: addresses(30, from: 0x0A00_0201), perSecond: 0.006, lifetime: 1200)
        let redis = add("redis-server", uid: 106, unit: "redis-server.service", .none)
        serve(redis, 6379, .tcp, bind: Cast.loopback)
        let search = add("java", executable: "/usr/lib/jvm/java-21/bin/java", uid: 1010, unit: "search.service", .none)
        serve(
            search, 9200, .tcp6, local: Cast.address, clients: addresses(40, from: 0x0A00_0301), perSecond: 0.06,
            lifetime: 45)
        serve(
            search, 9300, .tcp6, local: Cast.address, clients: addresses(4, from: 0x0A00_0301), perSecond: 0.0001,
            lifetime: 40_000)
    }

    private mutating func addApplications() {
        var number = 0
        let left = Self.serviceCount - cast.services.count
        while cast.services.count < Self.serviceCount {
            let name =
                Self.words[number % Self.words.count] + "-" + Self.kinds[number / Self.words.count % Self.kinds.count]
            let workers: ProgramSpec.Workers =
                number % 11 == 3 ? .reusePort(2 + number % 3) : number % 7 == 2 ? .forked(2 + number % 4) : .none
            let program = add(
                name, uid: 2000 + UInt32(number), unit: name + ".service", workers, inContainer: number % 4 == 1)
            let rank = Double(cast.services.count - (Self.serviceCount - left) + 1)
            let isV6 = number % 3 == 1
            let inRange = number % 23 == 9 ? portInRange(number / 23) : nil
            if inRange != nil {
                cast.programs[program].resets = true
                if cast.stolen == 0 { cast.stolen = cast.services.count }
            }
            serve(
                program, inRange ?? freePort(), isV6 ? .tcp6 : .tcp, local: Cast.address,
                clients: addresses(2 + number % 30, from: 0x0A00_0400 + UInt32(number) * 64),
                perSecond: 0.13 / (rank + 1.5), lifetime: [0.2, 1, 8, 60, 300][number % 5],
                closesFirst: inRange != nil ? 0 : [0, 0.1, 0.8, 0.3][number % 4])
            if number % 3 == 0, cast.services.count < Self.serviceCount {
                serve(program, freePort(), .tcp, bind: number % 2 == 0 ? Cast.loopback : nil)
            }
            number += 1
        }
    }

    private mutating func add(
        _ command: String, executable: String? = nil, uid: UInt32, unit: String, _ workers: ProgramSpec.Workers,
        inContainer: Bool = false
    ) -> Int {
        var program = ProgramSpec(
            command: String(command.prefix(15)), executable: executable ?? "/usr/bin/\(command)", uid: uid, unit: unit,
            workers: workers)
        if inContainer {
            let id = (0..<4).map { _ in
                let digits = String(generator.next(), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
            program.container = id
            program.unit = "docker-\(id).scope"
        }
        cast.programs.append(program)
        return cast.programs.count - 1
    }

    private mutating func serve(
        _ program: Int, _ port: UInt16, _ table: SocketTable, bind: IPAddress? = nil, local: IPAddress? = nil,
        clients: [IPAddress] = [], skew: Double = 1, perSecond: Double = 0, lifetime: Double = 1,
        closesFirst: Double = 0
    ) {
        ports.insert(port)
        let isV6 = table.family == .ipv6
        cast.services.append(
            ServiceSpec(
                program: program, port: port, table: table, bind: bind ?? (isV6 ? .anyIPv6 : .anyIPv4),
                local: local ?? bind ?? (isV6 ? Cast.address6 : Cast.address), perSecond: perSecond, lifetime: lifetime,
                closesFirst: closesFirst, clients: clients, skew: skew))
    }

    private func addresses(_ count: Int, from first: UInt32) -> [IPAddress] {
        (0..<UInt32(count)).map { IPAddress(ipv4: first + $0) }
    }

    private mutating func freePort() -> UInt16 {
        while true {
            let port = UInt16([3000, 4000, 7000, 8000, 9000][generator.below(5)] + generator.below(400))
            if !ports.contains(port), !plan.range.contains(port) { return port }
        }
    }

    /// A port that the kernel may give to an outgoing connection meanwhile: its parity is tried first.
    private func portInRange(_ number: Int) -> UInt16 {
        plan.range.first + UInt16(plan.range.count * (number + 2) / 12 & ~1)
    }

    // MARK: - Destinations

    private mutating func addDestinations() {
        let clients = cast.programs.indices.filter { $0 > 5 }
        for number in 0..<Self.destinationCount {
            let weight = 0.37 / (Double(number) + 2.4)
            var stream = StreamSpec(program: clients[generator.below(clients.count)], destination: number, table: .tcp)
            stream.perSecond = weight
            stream.lifetime = [0.05, 0.4, 2, 0.1, 20][number % 5]
            stream.serverCloses = [0.05, 0.3, 0.05, 0.02, 0.6][number % 5]
            stream.pool = number % 3 == 0 ? 0 : 3 + number % 8
            stream.stalls = number == 41 ? 0.3 : 0.0005
            cast.destinations.append(destination(number))
            if cast.destinations[number].remote.address.family == .ipv6 { stream.table = .tcp6 }
            if number % 8 == 6 { stream.table = .tcp6 }  // an IPv4 destination from an IPv6 socket: mapped
            cast.streams.append(stream)
            if number % 4 == 0 {
                // Another program goes there too, its IPv4 sockets and mapped ones in one port space.
                stream.program = clients[generator.below(clients.count)]
                stream.perSecond = weight / 3
                cast.streams.append(stream)
            }
        }
        cast.streams[12].bindsFirst = true
        cast.burst = cast.streams.firstIndex { $0.destination == 3 } ?? 0
        cast.leak = cast.streams.firstIndex { $0.destination == 19 } ?? 0
        let probe = add(
            "check_http", executable: "/usr/lib/nagios/plugins/check_http", uid: 110, unit: "cron.service", .none)
        cast.cron = cast.streams.count
        cast.streams.append(StreamSpec(program: probe, destination: 30, table: .tcp, lifetime: 20))
    }

    private func destination(_ number: Int) -> DestinationSpec {
        if let service = localService(number) {
            let spec = cast.services[service]
            return DestinationSpec(local: Cast.loopback, remote: Endpoint(Cast.loopback, spec.port), service: service)
        }
        let port: UInt16 = [443, 5432, 8080, 6379, 9092, 3306, 443, 11211][number % 8]
        if number % 10 == 7 {
            return DestinationSpec(local: Cast.address6, remote: Endpoint(Cast.neighbour6(number + 1), port))
        }
        return DestinationSpec(local: Cast.address, remote: Endpoint(Cast.neighbour(number + 1), port))
    }

    /// Two of the destinations are on this host.
    private func localService(_ number: Int) -> Int? {
        switch number {
        case 2: cast.services.firstIndex { $0.port == 6379 }
        case 25: cast.services.firstIndex { $0.port == 9901 }
        default: nil
        }
    }

    // MARK: - UDP

    private mutating func addDatagrams() {
        let resolver = add(
            "systemd-resolve", executable: "/usr/lib/systemd/systemd-resolved", uid: 991,
            unit: "systemd-resolved.service", .none)
        let stub = IPAddress(ipv4: 0x7F00_0035)
        serve(resolver, 53, .udp, bind: stub)
        serve(resolver, 53, .tcp, bind: stub)
        let chrony = add("chronyd", executable: "/usr/sbin/chronyd", uid: 108, unit: "chrony.service", .none)
        serve(chrony, 323, .udp, bind: Cast.loopback)
        serve(chrony, 323, .udp6, bind: Cast.loopback6)
        let statsd = add("statsd_exporter", uid: 109, unit: "statsd-exporter.service", .reusePort(3))
        serve(statsd, 8125, .udp6)
        let nameServer = Endpoint(Cast.neighbour(253), 53)
        cast.datagrams = [
            DatagramSpec(
                program: resolver, table: .udp, local: Cast.address, remote: nameServer, perSecond: 0.12, lifetime: 1.5),
            DatagramSpec(
                program: chrony, table: .udp, local: Cast.address, remote: Endpoint(Cast.neighbour(254), 123),
                perSecond: 0.004, lifetime: 8),
            DatagramSpec(program: 5, table: .udp6, local: .anyIPv6, remote: nil, perSecond: 0.01, lifetime: 120),
        ]
    }
}
