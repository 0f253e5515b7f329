import Glibc

/// /proc/net/{tcp,tcp6,udp,udp6}, read in the plainest way: by splitting lines at blanks. On purpose it shares nothing with
/// the product, whose reader it judges.
struct ProcNet: Equatable {
    /// A row, with the names and values of portlog's JSON.
    struct Row: Hashable, CustomStringConvertible {
        var `protocol`: String
        var family: String
        var state: String
        var localAddress: String
        var localPort: Int
        var remoteAddress: String?
        var remotePort: Int?
        var uid: Int?
        var inode: Int?

        var description: String {
            let remote = "\(remoteAddress ?? "-"):\(remotePort.map(String.init) ?? "-")"
            return "\(self.protocol) \(family) \(state) \(localAddress):\(localPort) \(remote)"
                + " uid \(uid.map(String.init) ?? "-") inode \(inode.map(String.init) ?? "-")"
        }
    }

    /// All rows, with how often each was there.
    let rows: [Row: Int]

    /// Reads the tables of a namespace.
    init(of namespace: NetworkNamespace) throws {
        var rows: [Row] = []
        for (file, transport, family) in [
            ("tcp", "tcp", "ipv4"), ("tcp6", "tcp", "ipv6"), ("udp", "udp", "ipv4"), ("udp6", "udp", "ipv6"),
        ] {
            for line in try namespace.procNet(file).split(separator: "\n").dropFirst() {
                rows.append(try Self.row(line.split(separator: " "), transport, family))
            }
        }
        self.init(rows: rows)
    }

    /// The sockets of a `portlog sockets` document.
    init(document: JSON) {
        self.init(
            rows: document["sockets"].array.map { socket in
                Row(
                    protocol: socket["protocol"].string ?? "?", family: socket["family"].string ?? "?",
                    state: socket["state"].string ?? "?", localAddress: socket["local_address"].string ?? "?",
                    localPort: socket["local_port"].int ?? -1, remoteAddress: socket["remote_address"].string,
                    remotePort: socket["remote_port"].int, uid: socket["uid"].int, inode: socket["inode"].int)
            })
    }

    private init(rows: [Row]) {
        self.rows = Dictionary(rows.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// How many rows there are.
    var count: Int { rows.values.reduce(0, +) }

    /// Rows in a state.
    func count(_ state: String) -> Int {
        rows.filter { $0.key.state == state }.values.reduce(0, +)
    }

    /// Waits until so many TCP sockets of a namespace are in a state: on a busy machine the last segments of a close take their time.
    static func wait(for count: Int, _ state: String, of namespace: NetworkNamespace) throws {
        for _ in 0..<500 {
            if try ProcNet(of: namespace).count(state) == count { return }
            usleep(10_000)
        }
    }

    private static func row(_ fields: [Substring], _ transport: String, _ family: String) throws -> Row {
        guard fields.count > 9, let code = Int(fields[3], radix: 16), let inode = Int(fields[9]) else {
            throw HarnessError("not a row: \(fields)")
        }
        let local = try endpoint(fields[1])
        let remote = try endpoint(fields[2])
        let state = transport == "tcp" ? tcpStates[code] : code == 7 ? "unconnected" : "established"
        let hasPeer = state != "listen" && state != "unconnected"
        return Row(
            protocol: transport, family: family, state: state, localAddress: local.0, localPort: local.1,
            remoteAddress: hasPeer ? remote.0 : nil, remotePort: hasPeer ? remote.1 : nil,
            uid: inode == 0 ? nil : Int(fields[7]), inode: inode == 0 ? nil : inode)
    }

    private static let tcpStates = [
        "?", "established", "syn_sent", "syn_received", "fin_wait_1", "fin_wait_2", "time_wait", "close", "close_wait",
        "last_ack", "listen", "closing",
    ]

    /// `0100007F:1F90`: words of 32 bits, each printed as a number of this host's byte order.
    private static func endpoint(_ text: Substring) throws -> (String, Int) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1], radix: 16) else { throw HarnessError("no endpoint: \(text)") }
        var words: [UInt32] = []
        var rest = parts[0]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { throw HarnessError("no address: \(text)") }
            words.append(word)
            rest = rest.dropFirst(8)
        }
        var name = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(words.count == 1 ? AF_INET : AF_INET6, words, &name, socklen_t(name.count))
        return (String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self), port)
    }
}
