import PortHistory
import PortModel
import TestSupport

/// A history for the views: two hours over midnight, a sample every 20 s, of a web server with a shop behind it and a container. The
/// oldest hour is no longer kept sample by sample.
final class ViewsHistory {
    /// A socket, who has it, and which side of a connection it is.
    struct Socket {
        var namespace: String
        var row: SocketRow
        var owners: [PortOwner]
        var role: String?
    }

    /// The file.
    let path: String
    /// Each sample as it was written, from 1.
    private(set) var samples: [SampleRecord] = []
    private let folder: TemporaryFolder
    private let writer: HistoryWriter

    /// How many samples there are: from 22:30:00 to 00:30:40 UTC.
    static let count = 363
    /// From 23:30:00 on all samples are kept.
    static let oldestKept = 181
    /// The sample that first sees other limits, at 23:45:00.
    static let limitsChange = 226

    /// When a sample was taken: at the beginning of each minute, and 20.4 s and 40 s after it.
    static func time(_ sample: Int) -> Timestamp {
        Timestamp(milliseconds: 1_795_300_200_000 + Int64(sample - 1) * 20_000 + (sample % 3 == 2 ? 400 : 0))
    }

    /// Writes the history; for how long minutes and hours are kept is given in milliseconds.
    init(minutes: Int64 = .max, hours: Int64 = .max) throws {
        folder = try TemporaryFolder()
        path = folder.file("portlog.db")
        let retention = RetentionPolicy(budget: nil, samples: 3_600_000, minutes: minutes, hours: hours)
        writer = try HistoryWriter(path: path, host: "web1.example.org", bootID: "boot", retention: retention)
        for sample in 1...Self.count { samples.append(try record(sample)) }
    }

    deinit { writer.close() }

    // MARK: - Programs

    private static func program(
        _ command: String, _ pid: Int32, uid: UInt32 = 0, unit: String? = nil, container: String? = nil
    ) -> PortOwner {
        PortOwner(
            pid: pid, startTicks: UInt64(pid), startedAt: time(1) - 86_400_000 + Int64(pid) * 1000, command: command,
            executable: "/usr/sbin/\(command)", uid: uid, unit: unit, container: container)
    }

    private static let nginx = [(100 as Int32, 0), (101, 33)].map {
        program("nginx", $0, uid: $1, unit: "nginx.service")
    }
    private static let nextNginx = [(110 as Int32, 0), (111, 33)].map {
        program("nginx", $0, uid: $1, unit: "nginx.service")
    }
    private static let shop = program("shop", 200, uid: 1001, unit: "shop.service")
    private static let api = program("api", 300, uid: 1002, unit: "api.service")
    private static let curl = program("curl", 400, uid: 1003)
    private static let dnsmasq = program("dnsmasq", 500, uid: 104, unit: "dnsmasq.service")
    private static let redis = program(
        "redis-server", 700, uid: 999, unit: "docker-ab12ab12ab12.scope", container: "ab12ab12ab12")

    // MARK: - Sockets

    private static func socket(
        _ table: SocketTable, _ state: SocketState, _ local: String, _ remote: String? = nil, _ role: String? = nil,
        inode: UInt64 = 0, _ owners: [PortOwner] = [], timer: UInt32 = 0, namespace: String = "host"
    ) -> Socket {
        let none = Endpoint(table.family == .ipv4 ? .anyIPv4 : .anyIPv6, 0)
        let row = SocketRow(
            table: table, state: state, local: endpoint(local), remote: remote.map(endpoint) ?? none,
            uid: inode == 0 ? 0 : owners.first?.uid ?? 0, inode: inode, timerTicks: timer)
        return Socket(namespace: namespace, row: row, owners: owners, role: role)
    }

    private static func endpoint(_ text: String) -> Endpoint {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return Endpoint(IPAddress(address) ?? .anyIPv4, UInt16(text[colon...].dropFirst()) ?? 0)
    }

    /// What stood on the host at a sample.
    private static func host(_ sample: Int) -> [Socket] {
        var sockets = [
            socket(.tcp6, .listen, "[::]:8080", inode: 20, [api]),
            socket(.udp, .close, "0.0.0.0:53", inode: 30, [dnsmasq]),
            // Nobody knows whose it is.
            socket(.tcp, .listen, "127.0.0.1:631", inode: 41),
        ]
        // The web server restarts, and leaves a connection in TIME_WAIT.
        let client = ("10.0.0.1:443", "198.51.100.7:51000")
        switch sample {
        case ...119:
            sockets.append(socket(.tcp, .listen, "0.0.0.0:443", inode: 10, nginx))
            if sample == 1 { break }
            sockets.append(socket(.tcp, .established, client.0, client.1, "accepted", inode: 12, [nginx[1]]))
        case 120...122:
            sockets.append(
                socket(.tcp, .timeWait, client.0, client.1, "accepted", [nginx[1]], timer: timer(sample, since: 120)))
        default: sockets.append(socket(.tcp, .listen, "0.0.0.0:443", inode: 11, nextNginx))
        }
        if sample >= 130 {
            sockets.append(
                socket(
                    .tcp, .established, "10.0.0.1:443", "198.51.100.9:52000", "accepted", inode: 13, [nextNginx[1]]))
        }
        if (140...240).contains(sample) {
            sockets.append(
                socket(
                    .tcp, .established, "10.0.0.1:443", "198.51.100.10:53000", "accepted", inode: 14, [nextNginx[1]]))
        }
        // IPv4 in an IPv6 table.
        if (30...210).contains(sample) {
            sockets.append(
                socket(
                    .tcp6, sample <= 200 ? .established : .closeWait, "[::ffff:10.0.0.1]:8080",
                    "[::ffff:198.51.100.8]:51001", "accepted", inode: 21, [api]))
        }
        if (10...50).contains(sample) {
            sockets.append(
                socket(
                    .udp6, .established, "[2001:db8::1]:40080", "[2001:db8::53]:53", "outgoing", inode: 31, [dnsmasq]))
        }
        if (300..<310).contains(sample) {
            sockets.append(
                socket(.tcp, .established, "10.0.0.1:45000", "203.0.113.6:443", "outgoing", inode: 61, [curl]))
        }
        for age in 0...min(3, sample - 1) { sockets += orders(of: sample - age, age) }
        return sockets
    }

    /// The connections to the database that the shop has opened at a sample: one, and for a while five. It closes them at once, and
    /// they stand for a minute in TIME_WAIT.
    private static func orders(of sample: Int, _ age: Int) -> [Socket] {
        var ports = [40_100 + sample]
        if (200...210).contains(sample) { ports += (0..<4).map { 42_000 + 10 * sample + $0 } }
        return ports.map { port in
            let (local, remote) = ("10.0.0.1:\(port)", "10.0.0.5:5432")
            if age == 0 {
                return socket(.tcp, .established, local, remote, "outgoing", inode: 1000 + UInt64(port), [shop])
            }
            let timer = timer(sample + age, since: sample + 1)
            return socket(.tcp, .timeWait, local, remote, "outgoing", [shop], timer: timer)
        }
    }

    /// Hundredths of a second that remain of a TIME_WAIT that was first seen after ten seconds.
    private static func timer(_ sample: Int, since first: Int) -> UInt32 {
        UInt32(5000 - (time(sample) - time(first)) / 10)
    }

    private static let container = [
        socket(.tcp, .listen, "0.0.0.0:6379", inode: 70, [redis], namespace: "ab12ab12ab12"),
        socket(
            .tcp, .established, "172.17.0.2:6379", "172.17.0.1:50000", "accepted", inode: 71, [redis],
            namespace: "ab12ab12ab12"),
    ]

    /// Everything that stood at a sample.
    static func sockets(_ sample: Int) -> [Socket] { host(sample) + container }

    /// The limits in force on the host.
    static func limits(_ sample: Int) -> PortLimits {
        var limits = PortLimits()
        limits.timeWaitReuse = 0
        limits.kernelRelease = "6.12.30-amd64"
        if sample >= limitsChange {
            limits.range = PortRange(first: 40_000, last: 49_999)
            limits.reserved = PortSet(40_090...40_092)
        }
        return limits
    }

    // MARK: - Samples

    private func record(_ sample: Int) throws -> SampleRecord {
        let spaces = [Self.host(sample), Self.container]
        let snapshots = [
            Snapshot(rows: spaces[0].map(\.row), limits: Self.limits(sample)),
            Snapshot(namespace: 1, namespaceName: "ab12ab12ab12", rows: spaces[1].map(\.row)),
        ]
        let now = Self.time(sample)
        let bootClock = now.milliseconds - 1_790_000_000_000
        var changes = try writer.compare(snapshots, bootClock: bootClock)
        for (index, change) in changes.changed.enumerated() {
            let socket = spaces[Int(change.snapshot)][Int(change.row)]
            if socket.row.inode == 0 { continue }
            let ownership = Ownership(owners: socket.owners, attribution: .observed)
            changes.setOwnership(changes.add(ownership), ofChange: index)
        }
        let record = SampleRecord(
            takenAt: now, bootClock: bootClock, durationMilliseconds: 12.25, cpuMilliseconds: 8.5,
            intervalMilliseconds: 20_000, permissionDenied: sample % 4, malformed: sample == 362 ? 1 : 0,
            missed: sample == 250 ? 2 : 0, listenOverflows: Int64(sample), listenDrops: 5, timeWaitOverflow: 7)
        return try writer.append(record, snapshots, changes)
    }
}
