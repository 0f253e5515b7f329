import GRDB
import PortModel
import TestSupport
import Testing

@testable import PortHistory

/// What minutes, hours and days tell equals what the samples tell that they are made of.
struct RollupPropertyTests {
    /// A recorded history, and when its samples were taken.
    private final class Recorded {
        let folder: TemporaryFolder
        let path: String
        var times: [Int: (wall: Int64, boot: Int64)] = [:]

        init() throws {
            folder = try TemporaryFolder()
            path = folder.file("history.db")
        }
    }

    @Test("sums, peaks and moments of every bucket are those of its samples", arguments: 1...4)
    func buckets(seed: Int) throws {
        let recorded = try record(seed: UInt64(seed))
        let queue = try DatabaseQueue(path: recorded.path)
        try queue.read { database in
            let view = try HistoryView(database)
            let query = RollupQuery(database: database)
            let series = Dictionary(uniqueKeysWithValues: try query.series().map { ($0.id, $0.subject) })
            let direct = try DirectCount(view, recorded.times)
            var checked: [SeriesKind: Int] = [:]
            for level in RollupLevel.allCases {
                for bucket in try query.buckets(level, in: 1...view.newestNumber) {
                    #expect(bucket.samples.allSatisfy { recorded.times[$0] != nil })
                    var rows: [SeriesSubject: SeriesRow] = [:]
                    let first = bucket.samples.lowerBound
                    try query.forEachRow(level, firsts: first...first) { _, id, row in
                        if let subject = series[id] { rows[subject] = row }
                    }
                    for subject in Set(series.values) {
                        guard let levels = direct.levels(of: subject, in: bucket.samples) else { continue }
                        checked[subject.kind, default: 0] += 1
                        try compare(rows[subject], levels, subject, bucket, recorded, direct)
                    }
                }
            }
            for kind in [SeriesKind.state, .destinationUsed, .destinationTimeWait, .listeners, .portsUsed, .portsOpen] {
                #expect(checked[kind] ?? 0 > 50, "\(kind) was compared")
            }
        }
        // Also of what is not counted directly, hours are what their minutes are.
        #expect(try HistoryCheck(HistoryReader(path: recorded.path)).problems == [])
    }

    private func compare(
        _ row: SeriesRow?, _ levels: [Int], _ subject: SeriesSubject, _ bucket: RollupBucket, _ recorded: Recorded,
        _ direct: DirectCount
    ) throws {
        let place: Comment = "\(subject) in \(bucket)"
        let first = bucket.samples.lowerBound
        let before = direct.level(of: subject, at: first - 1)
        guard let row else {
            #expect(levels.allSatisfy { $0 == before }, "no row, so nothing changed: \(place)")
            return
        }
        #expect(row.before == before, place)
        #expect(row.level == levels.last, place)
        #expect(row.total + row.level * levels.count == levels.reduce(0, +), place)
        let capacities = bucket.samples.map { direct.capacity(at: $0) }
        let isUsed = subject.kind == .destinationUsed
        // Of a destination's peaks the highest utilization counts, then the most ports; of equal ones the first.
        func rank(_ index: Int) -> (Double, Int) {
            (isUsed ? utilization(levels[index], capacities[index]) : 0, levels[index])
        }
        let best = levels.indices.reduce(0) { rank($1) > rank($0) ? $1 : $0 }
        #expect(row.peak.level == levels[best], place)
        let isPorts = subject.kind == .portsOpen
        #expect(row.peak.capacity == (isUsed ? capacities[best] : isPorts ? capacities[0] : 0), place)
        let at = try #require(recorded.times[first + best]).wall
        #expect(bucket.since.milliseconds + row.peak.at == at, place)
        if [.state, .listeners].contains(subject.kind) {
            #expect(row.before + row.opened - row.closed == row.level, place)
        }
    }

    private func utilization(_ used: Int, _ capacity: Int) -> Double {
        capacity == 0 ? 1 : Double(used) / Double(capacity)
    }

    @Test("the parts of any range add up to its samples", arguments: 1...4)
    func ranges(seed: Int) throws {
        let recorded = try record(seed: UInt64(100 + seed))
        var generator = SeededGenerator(seed: UInt64(seed))
        try HistoryReader(path: recorded.path).read { view in
            let direct = try DirectCount(view, recorded.times)
            for _ in 0..<40 {
                let ends = [0, 0].map { _ in Int.random(in: 1...view.newestNumber, using: &generator) }.sorted()
                let cover = try view.cover(ends[0]...ends[1])
                let pieces = (cover.buckets.map(\.samples) + cover.rest).sorted { $0.lowerBound < $1.lowerBound }
                #expect(pieces.flatMap { Array($0) } == Array(ends[0]...ends[1]))
                guard let first = cover.buckets.first, let last = cover.buckets.last else { continue }
                // Between the first bucket and the last there is nothing but buckets.
                let samples = first.samples.lowerBound...last.samples.upperBound
                let kinds: Set<SeriesKind> = [.state, .destinationTimeWait, .listeners, .portsUsed]
                let summaries = try view.summaries(of: kinds, in: cover)
                for summary in summaries {
                    guard let levels = direct.levels(of: summary.subject, in: samples) else { continue }
                    #expect(summary.level == levels.last && summary.peak.level == levels.max(), "\(summary)")
                    let peak = samples.lowerBound + (levels.firstIndex(of: summary.peak.level) ?? 0)
                    #expect(recorded.times[peak]?.wall == summary.peak.at, "\(summary)")
                }
                // What is left out counted nothing.
                let found = Set(summaries.map(\.subject))
                for subject in direct.subjects where kinds.contains(subject.kind) && !found.contains(subject) {
                    #expect(direct.levels(of: subject, in: samples)?.max() ?? 0 == 0, "\(subject)")
                }
            }
        }
    }

    // MARK: - Recording

    /// Days of a random host, sampled at every pace, with restarts, reboots, other limits and a clock that is set.
    private func record(seed: UInt64) throws -> Recorded {
        let recorded = try Recorded()
        var random = SeededGenerator(seed: seed)
        var host = RandomHost(seed: seed)
        var limits = PortLimits()
        limits.range = PortRange(first: 100, last: 107)
        limits.kernelRelease = "6.18.0"
        var wall: Int64 = 1_790_812_800_000 + Int64(seed) * 7_000_000
        var boot: Int64 = 1_000_000
        var bootNumber = 1
        var pace: Int64 = 10_000
        var writer: HistoryWriter? = try HistoryWriter(
            path: recorded.path, host: "test", bootID: "boot 1", retention: .unlimited)
        for number in 1...400 {
            func chance(_ p: Double) -> Bool { Double.random(in: 0..<1, using: &random) < p }
            if chance(0.03) {
                pace = [300, 4000, 10_000, 45_000, 600_000, 5_000_000].randomElement(using: &random) ?? pace
            }
            if chance(0.01) {
                limits.range = PortRange(first: 100, last: [105, 107, 110].randomElement(using: &random) ?? 107)
            }
            if chance(0.01) { limits.timeWaitReuse = [0, 1, 2].randomElement(using: &random) ?? 2 }
            if chance(0.03) {
                let isReboot = chance(0.3)
                writer?.close()
                writer = nil
                if isReboot {
                    bootNumber += 1
                    boot = 5000
                }
                writer = try HistoryWriter(
                    path: recorded.path, host: "test", bootID: "boot \(bootNumber)", retention: .unlimited)
            }
            if chance(0.01) { wall += Int64.random(in: -4_000_000...4_000_000, using: &random) }
            // Now and then nothing happens.
            if !chance(0.3) { host.step() }
            try append(try #require(writer), &host, Snapshot(rows: host.dump(), limits: limits), wall, boot, number)
            recorded.times[number] = (wall, boot)
            wall += pace
            boot += pace
        }
        writer?.close()
        return recorded
    }

    private func append(
        _ writer: HistoryWriter, _ host: inout RandomHost, _ snapshot: Snapshot, _ wall: Int64, _ boot: Int64,
        _ number: Int
    ) throws {
        var changes = try writer.compare([snapshot], bootClock: boot)
        for (index, change) in changes.changed.enumerated() {
            let row = snapshot.rows[Int(change.row)]
            if row.inode == 0 { continue }
            changes.setOwnership(changes.add(host.ownership(of: row, at: number)), ofChange: index)
        }
        try writer.append(
            SampleRecord(takenAt: Timestamp(milliseconds: wall), bootClock: boot), [snapshot], changes)
    }
}
