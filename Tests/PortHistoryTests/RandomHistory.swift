import Foundation
import PortHistory
import PortModel
import TestSupport

/// A history of a ``RandomHost``, written sample by sample as the recorder would.
final class RandomHistory {
    /// The file.
    let path: String
    /// The newest sample.
    private(set) var newest = 0
    private let folder: TemporaryFolder
    private let retention: RetentionPolicy
    private let step: Int64
    private var host: RandomHost
    private var writer: HistoryWriter?

    /// A history of a seed, with a sample every `step` milliseconds since 1970-01-01T00:00:00Z.
    init(seed: UInt64, retention: RetentionPolicy = .standard, step: Int64 = 10_000) throws {
        folder = try TemporaryFolder()
        path = folder.file("history.db")
        host = RandomHost(seed: seed)
        self.retention = retention
        self.step = step
        writer = try HistoryWriter(path: path, host: "test", bootID: "boot", retention: retention)
    }

    deinit { writer?.close() }

    /// A history opened for questions.
    func reader() throws -> HistoryReader { try HistoryReader(path: path) }

    /// Appends samples.
    func record(_ count: Int) throws {
        guard let writer else { return }
        for _ in 0..<count {
            host.step()
            newest += 1
            let snapshots = [Snapshot(rows: host.dump())]
            var changes = try writer.compare(snapshots)
            for (index, change) in changes.changed.enumerated() {
                let row = snapshots[0].rows[Int(change.row)]
                if row.inode == 0 { continue }
                changes.setOwnership(changes.add(host.ownership(of: row, at: newest)), ofChange: index)
            }
            let time = Int64(newest) * step
            try writer.append(
                SampleRecord(
                    takenAt: Timestamp(milliseconds: time), bootClock: time, intervalMilliseconds: Int(step)),
                snapshots, changes)
        }
    }

    /// Ends the recorder, and begins it again in another boot.
    func reboot() throws {
        writer?.close()
        writer = try HistoryWriter(path: path, host: "test", bootID: UUID().uuidString, retention: retention)
    }

    /// Ends the recorder.
    func close() {
        writer?.close()
        writer = nil
    }
}
