import Foundation
import PortHistory
import PortModel

/// A small history that the golden documents answer from: two minutes of a web server with a shop behind it, a sample every
/// ten seconds up to ``TestWorld/now``, with everything in it that is hard to show.
final class GoldenHistory {
    /// The file.
    let path: String
    private let folder: URL
    private var writer: HistoryWriter?

    /// How many samples there are.
    static let samples = 12
    /// When a sample was taken, counted from 1.
    static func time(_ sample: Int) -> Timestamp { TestWorld.now - Int64(samples - sample) * 10_000 }

    /// Whether the host has no socket at all.
    private let isIdle: Bool

    /// Writes the history: all of it, or as many samples as are given; of an idle host the same without any socket.
    init(samples: Int = GoldenHistory.samples, isIdle: Bool = false) throws {
        self.isIdle = isIdle
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("history.db").path
        let writer = try HistoryWriter(path: path, host: "web1.example.org", bootID: "boot")
        self.writer = writer
        for sample in 0..<samples { try record(sample + 1, writer) }
        if samples == Self.samples, !isIdle { try recordAlerts(writer) }
    }

    deinit {
        writer?.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Another file beside the history, with the given content.
    func file(_ name: String, _ content: Data) throws -> String {
        let file = folder.appendingPathComponent(name)
        try content.write(to: file)
        return file.path
    }

    /// A copy of the history's file, changed.
    func copy(_ name: String, _ change: (inout Data) -> Void) throws -> String {
        writer?.close()
        writer = nil
        var content = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&content)
        return try file(name, content)
    }

    // MARK: - Programs

    private static func program(
        _ command: String, _ pid: Int32, uid: UInt32 = 0, executable: String? = nil, unit: String? = nil,
        container: String? = nil
    ) -> PortOwner {
        PortOwner(
            pid: pid, startTicks: UInt64(pid) * 100, startedAt: TestWorld.now - 86_400_000 + Int64(pid) * 1000,
            command: command, executable: executable ?? "/usr/sbin/\(command)", uid: uid, unit: unit,
            container: container)
    }

    private let nginx = (100...104).map { program("nginx", $0, uid: $0 == 100 ? 0 : 33, unit: "nginx.service") }
    private let shop = program("shop", 200, uid: 1001, executable: "/opt/shop/bin/shop", unit: "shop.service")
    private let api = program("api", 300, uid: 1002, unit: "api.service")
    private let curl = program("curl", 400, uid: 1003, executable: "/usr/bin/curl")
    private let resolver = program("dnsmasq", 500, uid: 104, unit: "dnsmasq.service")
    private let tester = program("dnsmasq-test", 501, uid: 1003)
    /// A name that would clear the screen, break a line, and be a formula.
    private let hostile = program(
        "=x\u{1b}[2J\n;\",\u{202e}", 666, uid: 1004, executable: "/tmp/\u{1b}]0;x\u{7}evil", unit: nil,
        container: String(repeating: "4c01db0b339ce0f1", count: 4))
    private let pod = program(
        "redis-server", 700, uid: 999, executable: "/usr/local/bin/redis-server",
        unit: "docker-\(String(repeating: "ab12", count: 16)).scope", container: String(repeating: "ab12", count: 16))

    // MARK: - Sockets

    private struct Socket {
        var row: SocketRow
        var owners: [PortOwner]
    }

    private func socket(
        _ table: SocketTable, _ state: SocketState, _ local: String, _ remote: String? = nil, inode: UInt64 = 0,
        _ owners: [PortOwner] = [], timer: UInt32 = 0
    ) -> Socket {
        let none = Endpoint(table.family == .ipv4 ? .anyIPv4 : .anyIPv6, 0)
        return Socket(
            row: SocketRow(
                table: table, state: state, local: Self.endpoint(local), remote: remote.map(Self.endpoint) ?? none,
                uid: inode == 0 ? 0 : owners.first?.uid ?? 0, inode: inode, timerTicks: timer),
            owners: owners)
    }

    private static func endpoint(_ text: String) -> Endpoint {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return Endpoint(IPAddress(address) ?? .anyIPv4, UInt16(text[colon...].dropFirst()) ?? 0)
    }

    /// What stood on the host at a sample.
    private func host(_ sample: Int) -> [Socket] {
        var sockets = [
            // One listener that several processes have inherited, and its connections in both notations.
            socket(.tcp, .listen, "0.0.0.0:80", inode: 10, nginx),
            socket(.tcp6, .listen, "[::]:443", inode: 11, [nginx[0]]),
            socket(.tcp, .established, "10.0.0.1:80", "198.51.100.7:51000", inode: 12, [nginx[1]]),
            socket(.tcp6, .established, "[::ffff:10.0.0.1]:443", "[::ffff:198.51.100.8]:51001", inode: 13, [nginx[0]]),
            // Two programs on one port of UDP, and one with a peer.
            socket(.udp, .close, "0.0.0.0:53", inode: 20, [resolver]),
            socket(.udp, .close, "0.0.0.0:53", inode: 21, [tester]),
            socket(.udp6, .established, "[2001:db8::1]:40080", "[2001:db8::53]:53", inode: 22, [resolver]),
            // Strangers that share a port, one of them with a terrible name.
            socket(.tcp, .listen, "0.0.0.0:9000", inode: 30, [shop]),
            socket(.tcp, .listen, "0.0.0.0:9000", inode: 31, [hostile]),
            // A listener in the ephemeral range, and somebody unknown.
            socket(.tcp6, .listen, "[::1]:40050", inode: 40, [hostile]),
            socket(.tcp, .listen, "127.0.0.1:631", inode: 41),
        ]
        // The shop opens more and more connections to its database, and leaves every third in TIME_WAIT.
        for port in 0..<(2 + 2 * sample) {
            let age = sample - port / 2
            let local = "10.0.0.1:\(40020 + port)"
            if port % 3 == 2, age >= 2 {
                let timer = UInt32(max(100, 6000 - (age - 2) * 1000))
                if age < 8 { sockets.append(socket(.tcp, .timeWait, local, "10.0.0.5:5432", timer: timer)) }
            } else {
                let inode = 1000 + UInt64(port)
                sockets.append(socket(.tcp, .established, local, "10.0.0.5:5432", inode: inode, [shop]))
            }
        }
        // The server closes first: it keeps the TIME_WAIT.
        if sample < 10 {
            sockets.append(
                socket(.tcp6, .established, "[2001:db8::1]:443", "[2001:db8::9]:60123", inode: 50, [nginx[0]]))
        } else {
            let timer = UInt32(6000 - (sample - 10) * 1000)
            sockets.append(socket(.tcp6, .timeWait, "[2001:db8::1]:443", "[2001:db8::9]:60123", timer: timer))
        }
        // The api restarts; meanwhile its port is given to an outgoing connection.
        if sample < 6 { sockets.append(socket(.tcp, .listen, "0.0.0.0:40010", inode: 60, [api])) }
        if sample >= 8 {
            sockets.append(socket(.tcp, .established, "10.0.0.1:40010", "203.0.113.6:443", inode: 61, [curl]))
        }
        return sockets
    }

    /// What stood in a container's namespace.
    private func container() -> [Socket] {
        [
            socket(.tcp, .listen, "0.0.0.0:6379", inode: 70, [pod]),
            socket(.tcp, .established, "172.17.0.2:6379", "172.17.0.1:50000", inode: 71, [pod]),
        ]
    }

    // MARK: - Alerts

    /// One of each kind of subject.
    private func recordAlerts(_ writer: HistoryWriter) throws {
        var shopping = Alert(
            rule: .ephemeralExhaustion, severity: .critical,
            subject: AlertSubject(
                Destination(
                    local: Self.endpoint("10.0.0.1:0").address, remote: Self.endpoint("10.0.0.5:0").address,
                    remotePort: 5432), in: "host"),
            openedAt: Self.time(9), value: 0.2651, owners: [shop],
            message: "22 of 83 ports from 10.0.0.1 to 10.0.0.5:5432 are in use",
            advice: ["Close them", "sysctl -w x=1"])
        shopping.worsenedAt = Self.time(11)
        shopping.exhaustedAt = Self.time(12) + 305_000
        (shopping.peak, shopping.peakAt) = (0.2651, Self.time(12))
        func listener(_ address: String, _ detail: String = "", _ transport: TransportProtocol = .tcp) -> AlertSubject {
            AlertSubject(.listener, transport: transport, local: Self.endpoint(address), detail: detail)
        }
        var sharing = Alert(
            rule: .listenConflict, severity: .warning, subject: listener("0.0.0.0:9000", "reuseport_strangers"),
            openedAt: Self.time(2), value: 2, owners: [shop, hostile],
            message: "shop and \(hostile.command) share a port")
        sharing.isSilenced = true
        var gone = Alert(
            rule: .listenerGone, severity: .warning, subject: listener("0.0.0.0:40010"), openedAt: Self.time(6),
            owners: [api], message: "the listener of api has gone")
        gone.resolvedAt = Self.time(8)
        gone.times = 2
        let leak = Alert(
            rule: .closeWaitLeak, severity: .warning, subject: AlertSubject(.program, detail: "666/66600"),
            openedAt: Self.time(10), value: 120, owners: [hostile], message: "it does not close")
        let pool = Alert(
            rule: .ephemeralPool, severity: .warning,
            subject: AlertSubject(.pool, namespace: "ab12ab12ab12", transport: .udp), openedAt: Self.time(3),
            value: 0.9,
            message: "the pool is nearly empty")
        let missed = Alert(
            rule: .recorder, severity: .warning, subject: AlertSubject(.recorder, detail: "missed_samples"),
            openedAt: Self.time(4), value: 2, message: "two samples were missed")
        var alerts = [shopping, sharing, gone, leak, pool, missed]
        try writer.write(&alerts, at: Self.time(12))
    }

    // MARK: - Samples

    private func record(_ sample: Int, _ writer: HistoryWriter) throws {
        let spaces = isIdle ? [[], []] : [host(sample), container()]
        var limits = PortLimits()
        limits.range = PortRange(first: 40000, last: 40099)
        limits.reserved = PortSet(40090...40092)
        limits.timeWaitReuse = 0
        limits.maxTimeWait = 4096
        let snapshots = [
            Snapshot(rows: spaces[0].map(\.row), limits: limits),
            Snapshot(namespace: 1, namespaceName: "ab12ab12ab12", rows: spaces[1].map(\.row)),
        ]
        var changes = try writer.compare(snapshots)
        for (index, change) in changes.changed.enumerated() {
            let socket = spaces[Int(change.snapshot)][Int(change.row)]
            if socket.row.inode == 0 { continue }
            let ownership = Ownership(owners: socket.owners, attribution: .observed)
            changes.setOwnership(changes.add(ownership), ofChange: index)
        }
        let now = Self.time(sample)
        try writer.append(
            SampleRecord(
                takenAt: now, bootClock: now.milliseconds - 1_790_000_000_000, durationMilliseconds: 12.25,
                cpuMilliseconds: 8.5, intervalMilliseconds: 10_000, permissionDenied: sample == Self.samples ? 1 : 0,
                missed: sample == 4 ? 2 : 0), snapshots, changes)
    }
}
