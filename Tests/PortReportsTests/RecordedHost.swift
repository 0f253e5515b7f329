import Foundation
import PortHistory
import PortModel

@testable import PortReports

/// A history that a test writes, sample by sample, as the recorder would. Sample n is taken at n seconds past 01:00 UTC on
/// 1970-01-02.
final class RecordedHost {
    private let folder: URL
    private let path: String
    private let writer: HistoryWriter
    private var seconds = 0
    /// The limits of the samples to come.
    var limits = PortLimits()

    init(retention: RetentionPolicy = .standard) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("portlog-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("history.db").path
        writer = try HistoryWriter(path: path, host: "testhost", bootID: "boot", retention: retention)
    }

    deinit {
        writer.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A row and who has it.
    struct Socket {
        var row: SocketRow
        var owners: [PortOwner] = []
    }

    /// When a sample was taken that many seconds after the start.
    static func time(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: 90_000_000 + Int64(seconds) * 1000) }

    /// Appends samples, a second apart, each with the same sockets.
    func record(_ count: Int = 1, _ sockets: [Socket]) throws {
        for _ in 0..<count {
            seconds += 1
            let snapshots = [Snapshot(rows: sockets.map(\.row), limits: limits)]
            var changes = try writer.compare(snapshots)
            for (index, change) in changes.changed.enumerated() {
                let socket = sockets[Int(change.row)]
                if socket.row.inode != 0 {
                    let ownership = Ownership(owners: socket.owners, attribution: .observed)
                    changes.setOwnership(changes.add(ownership), ofChange: index)
                }
            }
            let now = Self.time(seconds)
            let sample = SampleRecord(
                takenAt: now, bootClock: now.milliseconds, durationMilliseconds: 1.5, cpuMilliseconds: 0.5,
                intervalMilliseconds: 1000, permissionDenied: 2, malformed: 1)
            try writer.append(sample, snapshots, changes)
        }
    }

    /// Lets time pass without samples.
    func pause(_ seconds: Int) { self.seconds += seconds }

    /// Asks the history.
    func ask<T>(_ question: (HistoryView) throws -> T) throws -> T { try HistoryReader(path: path).read(question) }
}

extension RecordedHost.Socket {
    /// A TCP listener.
    static func listener(_ local: String, inode: UInt64, _ owners: PortOwner...) -> Self {
        let local = endpoint(local)
        let table = SocketTable(.tcp, local.address.family)
        return Self(
            row: SocketRow(
                table: table, state: .listen, local: local, remote: Endpoint(none(table), 0),
                uid: owners.first?.uid ?? 0, inode: inode),
            owners: owners)
    }

    /// A UDP socket without a peer.
    static func datagram(_ local: String, inode: UInt64, _ owners: PortOwner...) -> Self {
        let local = endpoint(local)
        let table = SocketTable(.udp, local.address.family)
        return Self(
            row: SocketRow(
                table: table, state: .close, local: local, remote: Endpoint(none(table), 0),
                uid: owners.first?.uid ?? 0, inode: inode),
            owners: owners)
    }

    /// A TCP connection.
    static func connection(
        _ local: String, _ remote: String, _ state: SocketState = .established, table: SocketTable = .tcp,
        inode: UInt64 = 0, _ owners: PortOwner...
    ) -> Self {
        Self(
            row: SocketRow(
                table: table, state: state, local: endpoint(local), remote: endpoint(remote),
                uid: owners.first?.uid ?? 0, inode: inode),
            owners: owners)
    }

    private static func none(_ table: SocketTable) -> IPAddress { table.family == .ipv4 ? .anyIPv4 : .anyIPv6 }
}

extension PortOwner {
    /// A process of a program in /usr/bin.
    static func running(_ command: String, pid: Int32, uid: UInt32 = 0, unit: String? = nil) -> PortOwner {
        PortOwner(
            pid: pid, startTicks: UInt64(pid), startedAt: Timestamp(milliseconds: 80_000_000), command: command,
            executable: "/usr/bin/\(command)", uid: uid, unit: unit)
    }
}

/// The JSON of a document, as plain dictionaries and arrays.
func json(of document: some Encodable) throws -> [String: Any] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try JSONSerialization.jsonObject(with: encoder.encode(document)) as? [String: Any] ?? [:]
}

/// The keys of an object, sorted.
func keys(_ object: Any?) -> [String] { (object as? [String: Any])?.keys.sorted() ?? [] }
