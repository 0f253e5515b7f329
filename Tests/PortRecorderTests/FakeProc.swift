import Foundation
import PortModel

/// A directory laid out like /proc, with sockets and processes that a test changes between samples.
final class FakeProc {
    let root: String
    private var rows: [String] = []

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-proc-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root + "/net", withIntermediateDirectories: true)
        for table in ["udp", "tcp6", "udp6"] { try write("net/\(table)", "header\n") }
        setSockets([])
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Replaces the TCP sockets.
    func setSockets(_ sockets: [SocketRow]) { try? write("net/tcp", Self.table(sockets)) }

    private static func table(_ sockets: [SocketRow]) -> String {
        let lines = sockets.enumerated().map { index, row in
            let timer = row.state == .timeWait ? "03:\(Self.hex(UInt64(row.timerTicks), 8))" : "00:00000000"
            return
                "\(index): \(Self.text(row.local)) \(Self.text(row.remote)) \(Self.hex(UInt64(row.state.rawValue), 2)) "
                + "00000000:00000000 \(timer) 00000000 \(row.uid) 0 \(row.inode) 1"
        }
        return (["header"] + lines).joined(separator: "\n") + "\n"
    }

    /// Adds a process, or gives one other properties; `descriptors` are its sockets by number.
    func setProcess(
        _ pid: Int32, _ command: String, start: Int = 100, uid: Int = 1000, unit: String? = nil, program: String? = nil,
        descriptors: [Int32: UInt64] = [:]
    ) throws {
        endProcess(pid)
        let folder = "\(root)/\(pid)"
        try FileManager.default.createDirectory(atPath: folder + "/fd", withIntermediateDirectories: true)
        let fields = Array(repeating: "0", count: 17).joined(separator: " ")
        try write("\(pid)/stat", "\(pid) (\(command)) S 1 \(fields) \(start) 0 0\n")
        try write("\(pid)/status", "Name:\t\(command)\nUid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)\n")
        try write("\(pid)/cgroup", "0::/system.slice/\(unit ?? "\(command).service")\n")
        symlink("/usr/bin/\(program ?? command)", folder + "/exe")
        for (number, inode) in descriptors { symlink("socket:[\(inode)]", "\(folder)/fd/\(number)") }
    }

    /// Says in which network namespace a process lives (`self`: the recorder), and on which ports somebody listens there.
    func setNamespace(_ process: String, _ namespace: Int, ports: [UInt16]) throws {
        let folder = "\(root)/\(process)"
        try FileManager.default.createDirectory(atPath: folder + "/ns", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/net", withIntermediateDirectories: true)
        unlink(folder + "/ns/net")
        symlink("net:[\(namespace)]", folder + "/ns/net")
        let rows = ports.map { port in
            SocketRow(
                table: .tcp, state: .listen, local: Endpoint(.anyIPv4, port), remote: Endpoint(.anyIPv4, 0),
                inode: UInt64(port))
        }
        try write("\(process)/net/tcp", Self.table(rows))
        for table in ["udp", "tcp6", "udp6"] { try write("\(process)/net/\(table)", "header\n") }
        try write(
            "\(process)/net/sockstat",
            "TCP: inuse \(ports.count) orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\n")
    }

    /// Sets the counters of the network namespace; `nil`: they cannot be read.
    func setCounters(_ listenOverflows: Int?) throws {
        guard let listenOverflows else { return try write("net/netstat", "no counters\n") }
        try write("net/netstat", "TcpExt: ListenOverflows ListenDrops\nTcpExt: \(listenOverflows) \(listenOverflows)\n")
    }

    /// Takes a process away.
    func endProcess(_ pid: Int32) { try? FileManager.default.removeItem(atPath: "\(root)/\(pid)") }

    private func write(_ file: String, _ text: String) throws {
        try text.write(toFile: root + "/" + file, atomically: true, encoding: .utf8)
    }

    private static func text(_ endpoint: Endpoint) -> String {
        let word = UInt32(truncatingIfNeeded: endpoint.address.low)
        return hex(UInt64(UInt32(bigEndian: word)), 8) + ":" + hex(UInt64(endpoint.port), 4)
    }

    private static func hex(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
