import Glibc
import PortHistory
import PortModel
import TestSupport

/// Records a simulated host into a history, as the recorder records a real one: rows in, compared, attributed, appended.
struct HistoryGenerator {
    /// What one day of the history took.
    struct Day {
        /// From 1.
        var number: Int
        /// Samples so far.
        var samples = 0
        /// Intervals so far.
        var intervals = 0
        /// The newest sample's sockets.
        var sockets = 0
        /// Microseconds a sample of this day took to compare, attribute and append, on average.
        var microseconds = 0.0
        /// The part of them that is CPU time, which a busy machine does not lengthen.
        var cpuMicroseconds = 0.0
    }

    private static let day: Int64 = 86_400_000
    /// A recorder that starts with the host takes its first sample this long after the boot.
    private static let recorderStart: Int64 = 12_000

    let plan: Plan
    /// The file.
    let database: String

    /// Writes the whole history.
    ///
    /// - Parameters:
    ///   - onDay: called at the end of each simulated day.
    ///   - onSample: called after each sample, with the rows that it was made of.
    func run(
        onDay: (Day) -> Void = { _ in }, onSample: (SampleRecord, [SocketRow]) throws -> Void = { _, _ in }
    ) throws -> GenerationSummary {
        let began = ContinuousClock.now
        let host = SimulatedHost(plan)
        var random = SeededGenerator(seed: plan.seed ^ 0x5A)
        // Optional, so that the next one finds its lock free.
        var writer: HistoryWriter? = try openHistory(boot: 0)
        var boot = 0
        var day = Day(number: 1)
        var spent = Duration.zero
        var cpu = 0
        var samplesBefore = 0
        var missed = 0
        var tick: Int64 = 0
        while day.samples < plan.samples {
            host.advance(to: tick + Int64(random.below(4)))
            tick += plan.interval
            if host.reboots != boot, host.isUp {
                writer?.close()
                writer = nil
                boot = host.reboots
                writer = try openHistory(boot: boot)
                missed = 0
                tick += Int64(random.below(Int(plan.interval)))
            }
            if !host.isUp || host.uptime < Self.recorderStart { continue }
            if random.chance(0.00005) {
                missed += 1
                continue
            }
            guard let writer else { break }
            let snapshot = Snapshot(rows: host.rows(), limits: host.limits)
            let start = ContinuousClock.now
            let cpuBefore = Self.cpuNanoseconds
            try writer.makeRoom()
            var changes = try writer.compare([snapshot])
            day.intervals += attribute(&changes, snapshot, host, writer)
            let sample = try writer.append(record(host, missed, snapshot.rows.count, &random), [snapshot], changes)
            spent += ContinuousClock.now - start
            cpu += Self.cpuNanoseconds - cpuBefore
            missed = 0
            day.samples += 1
            day.sockets = sample.sockets
            try onSample(sample, snapshot.rows)
            if tick >= Int64(day.number) * Self.day || day.samples == plan.samples {
                let samples = Double(max(1, day.samples - samplesBefore))
                day.microseconds = spent / .microseconds(1) / samples
                day.cpuMicroseconds = Double(cpu) / 1000 / samples
                onDay(day)
                day.number += 1
                samplesBefore = day.samples
                spent = .zero
                cpu = 0
            }
        }
        writer?.close()
        return GenerationSummary(
            samples: day.samples, intervals: day.intervals, bytes: FileSizes(of: database).total,
            seconds: (ContinuousClock.now - began) / .seconds(1))
    }

    /// CPU time of this thread.
    private static var cpuNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private func openHistory(boot: Int) throws(HistoryError) -> HistoryWriter {
        var random = SeededGenerator(seed: plan.seed &+ UInt64(boot))
        let digits = [random.next(), random.next()].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(Array(digits)[range])
        }
        return try HistoryWriter(
            path: database, host: plan.host, bootID: parts.joined(separator: "-"), retention: plan.retention)
    }

    /// Says who owns what is new, and what has other owners than before.
    ///
    /// - Returns: How many intervals the changes begin.
    private func attribute(
        _ changes: inout SampleChanges, _ snapshot: Snapshot, _ host: SimulatedHost, _ writer: HistoryWriter
    ) -> Int {
        var cache: [Int32: Int32] = [:]
        var reowned = host.takeReowned()
        func ownership(ofRow row: Int, _ changes: inout SampleChanges) -> Int32 {
            let owner = host.owner(ofRow: row)
            if let known = cache[owner] { return known }
            let index = changes.add(host.processes.ownerships[Int(owner)])
            cache[owner] = index
            return index
        }
        for index in changes.changed.indices {
            let row = Int(changes.changed[index].row)
            let inode = snapshot.rows[row].inode
            if inode == 0 { continue }
            reowned.remove(inode)
            changes.setOwnership(ownership(ofRow: row, &changes), ofChange: index)
        }
        var begun = changes.changed.count
        if reowned.isEmpty { return begun }
        var rows: [UInt64: Int] = [:]
        for (index, row) in snapshot.rows.enumerated() where reowned.contains(row.inode) { rows[row.inode] = index }
        var unchanged: [(OpenSocketID, Int)] = []
        writer.forEachUnchanged(changes) { id, inode in if let row = rows[inode] { unchanged.append((id, row)) } }
        for (id, row) in unchanged {
            changes.reassign(id, to: ownership(ofRow: row, &changes))
            begun += 1
        }
        return begun
    }

    /// The sample's row, with what it might have cost on a real host.
    private func record(
        _ host: SimulatedHost, _ missed: Int, _ rows: Int, _ random: inout SeededGenerator
    ) -> SampleRecord {
        let cost = 4 + Double(rows) * 0.004 + random.unit() * 2
        return SampleRecord(
            takenAt: host.time, bootClock: host.uptime, durationMilliseconds: cost + random.unit() * 3,
            cpuMilliseconds: cost, intervalMilliseconds: Int(plan.interval), missed: missed,
            listenOverflows: host.uptime / 40_000_000, listenDrops: host.uptime / 40_000_000)
    }
}
