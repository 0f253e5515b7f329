import PortModel

/// What became of a series over some buckets.
public struct SeriesSummary: Sendable {
    /// What is counted.
    public let subject: SeriesSubject
    /// The level before the first of the buckets.
    public internal(set) var before: Int
    /// The level at the last of them.
    public internal(set) var level: Int
    /// The highest level; its moment is of the wall clock.
    public internal(set) var peak: SeriesPeak
    /// How many sockets came.
    public internal(set) var opened = 0
    /// How many went.
    public internal(set) var closed = 0
    /// The number of the holder whose socket came last, up to now; 0 where nobody is known.
    public internal(set) var holder: Int

    /// Whether anything was there, or came.
    public var isPresent: Bool { peak.level > 0 || opened > 0 }
}

extension RollupQuery {
    /// What became of every series of some kinds over the buckets of a cover; those that counted nothing are left out.
    ///
    /// - Parameter newest: the newest sample of the history.
    func summaries(of kinds: Set<SeriesKind>, in cover: RollupCover, newest: Int) throws -> [SeriesSummary] {
        guard let first = cover.buckets.first, let last = cover.buckets.last else { return [] }
        let all = try series()
        var wanted: [Int: Int] = [:]
        for (index, series) in all.enumerated()
        where kinds.contains(series.subject.kind) || series.subject.kind == .portsOpen {
            wanted[series.id] = index
        }
        var found = try Collected(all.map { $0.subject.kind == .destinationUsed }, self, cover, wanted)
        // A series that stayed quiet stood where it stood when it changed next, or stands now.
        if found.rows.contains(where: { $0 == nil }), last.samples.upperBound < newest {
            try found.lookAhead(self, from: last.samples.upperBound + 1, newest: newest, wanted)
        }
        let capacity = found.openPorts(all, first: first)
        var summaries: [SeriesSummary] = []
        for (index, series) in all.enumerated() where kinds.contains(series.subject.kind) {
            let ports = series.subject.kind == .destinationUsed ? capacity[series.subject.namespace] ?? 0 : 0
            let summary = found.summary(of: series, at: index, first: first, capacity: ports)
            if summary.isPresent { summaries.append(summary) }
        }
        return summaries
    }

    /// What was found of each series, by its index.
    private struct Collected {
        /// The row that the buckets' rows add up to; the peak's moment is of the wall clock.
        var rows: [SeriesRow?]
        /// The first bucket with a row.
        var firsts: [Int]
        /// The capacity of that row.
        var capacities: [Int]
        /// The level before the first row after the buckets.
        var later: [Int?]

        init(_ isUsed: [Bool], _ query: RollupQuery, _ cover: RollupCover, _ wanted: [Int: Int]) throws {
            let count = isUsed.count
            rows = Array(repeating: nil, count: count)
            firsts = Array(repeating: 0, count: count)
            capacities = Array(repeating: 0, count: count)
            later = Array(repeating: nil, count: count)
            for run in cover.runs {
                guard let first = run.first, let last = run.last else { continue }
                var position = run.startIndex
                let range = first.samples.lowerBound...last.samples.lowerBound
                try query.forEachRow(first.level, firsts: range) { bucket, series, row in
                    while position + 1 < run.endIndex, run[position].samples.lowerBound < bucket { position += 1 }
                    guard let index = wanted[series], run[position].samples.lowerBound == bucket else { return }
                    add(row, to: index, run[position], byUtilization: isUsed[index])
                }
            }
        }

        private mutating func add(_ row: SeriesRow, to index: Int, _ bucket: RollupBucket, byUtilization: Bool) {
            var row = row
            row.peak.at += bucket.since.milliseconds
            guard var sum = rows[index] else {
                rows[index] = row
                firsts[index] = bucket.samples.lowerBound
                capacities[index] = row.peak.capacity
                return
            }
            sum.level = row.level
            sum.opened += row.opened
            sum.closed += row.closed
            if row.peak.isHigher(than: sum.peak, byUtilization: byUtilization) { sum.peak = row.peak }
            rows[index] = sum
        }

        mutating func lookAhead(_ query: RollupQuery, from sample: Int, newest: Int, _ wanted: [Int: Int]) throws {
            for run in try query.cover(sample...newest).runs {
                guard let first = run.first, let last = run.last else { continue }
                let range = first.samples.lowerBound...last.samples.lowerBound
                try query.forEachRow(first.level, firsts: range) { _, series, row in
                    guard let index = wanted[series], later[index] == nil else { return }
                    later[index] = row.before
                }
            }
        }

        /// Ports open to connect() at the first sample of the buckets, by namespace.
        func openPorts(_ all: [RollupQuery.Series], first: RollupBucket) -> [Int: Int] {
            var ports: [Int: Int] = [:]
            for (index, series) in all.enumerated() where series.subject.kind == .portsOpen {
                let known = rows[index].map {
                    firsts[index] == first.samples.lowerBound ? capacities[index] : $0.before
                }
                ports[series.subject.namespace] = known ?? later[index] ?? series.level
            }
            return ports
        }

        func summary(
            of series: RollupQuery.Series, at index: Int, first: RollupBucket, capacity: Int
        ) -> SeriesSummary {
            let start = first.since.milliseconds
            guard let row = rows[index] else {
                let level = later[index] ?? series.level
                return SeriesSummary(
                    subject: series.subject, before: level, level: level,
                    peak: SeriesPeak(level: level, capacity: capacity, at: start), holder: series.holder)
            }
            var peak = row.peak
            if firsts[index] > first.samples.lowerBound {
                // Quiet in the buckets before the first that has a row.
                let quiet = SeriesPeak(level: row.before, capacity: capacity, at: start)
                if !peak.isHigher(than: quiet, byUtilization: series.subject.kind == .destinationUsed) { peak = quiet }
            }
            return SeriesSummary(
                subject: series.subject, before: row.before, level: row.level, peak: peak, opened: row.opened,
                closed: row.closed, holder: series.holder)
        }
    }

    /// In which buckets sockets came that a kind of series counts, the finest that are kept.
    func occurrences(of kind: SeriesKind, in cover: RollupCover) throws -> [(SeriesSubject, [ClosedRange<Int>])] {
        let wanted = try series().filter { $0.subject.kind == kind }
        if wanted.isEmpty { return [] }
        var found: [(SeriesSubject, [ClosedRange<Int>])] = []
        for series in wanted {
            var ranges: [ClosedRange<Int>] = []
            for bucket in cover.buckets { try find(series.id, bucket, &ranges) }
            if !ranges.isEmpty { found.append((series.subject, ranges)) }
        }
        return found
    }

    /// Whether a kind of series counted anything on a port in the minute of a sample or the next one, so far as it changed; true
    /// where minutes do not tell.
    func wasBusy(_ kind: SeriesKind, namespace: Int, port: UInt16, from sample: Int) throws -> Bool {
        let ids = try portSeries(kind)[SeriesSubject(kind, namespace: namespace, localPort: port)] ?? []
        if ids.isEmpty { return false }
        guard let minute = try bucket(.minute, beginningBy: sample), minute.samples.contains(sample) else {
            return true
        }
        var firsts = [minute.samples.lowerBound]
        if let next = try bucket(.minute, beginningBy: minute.samples.upperBound + 1) {
            firsts.append(next.samples.lowerBound)
        }
        return try firsts.contains { first in
            try ids.contains { try (row(.minute, first: first, series: $0)?.peak.level ?? 0) > 0 }
        }
    }

    /// The numbers of the TCP series of a kind by namespace and port.
    private func portSeries(_ kind: SeriesKind) throws -> [SeriesSubject: [Int]] {
        if let known = seriesByPort[kind] { return known }
        var byPort: [SeriesSubject: [Int]] = [:]
        for series in try series() where series.subject.kind == kind && series.subject.transport == .tcp {
            let subject = SeriesSubject(
                kind, namespace: series.subject.namespace, localPort: series.subject.localPort)
            byPort[subject, default: []].append(series.id)
        }
        seriesByPort[kind] = byPort
        return byPort
    }

    private func find(_ series: Int, _ bucket: RollupBucket, _ ranges: inout [ClosedRange<Int>]) throws {
        guard let row = try row(bucket.level, first: bucket.samples.lowerBound, series: series), row.opened > 0 else {
            return
        }
        let finer =
            try RollupLevel(rawValue: bucket.level.rawValue - 1).map { try buckets($0, in: bucket.samples) } ?? []
        if finer.isEmpty { ranges.append(bucket.samples) }
        for part in finer { try find(series, part, &ranges) }
    }

    /// The highest level in each bucket of a cover, of one series; the moment is of the wall clock.
    func highest(of subject: SeriesSubject, in cover: RollupCover, newest: Int) throws -> [SeriesPeak] {
        let series = try series().first { $0.subject == subject }
        var level = try series.map { try levelBefore($0, cover, newest) } ?? 0
        return try cover.buckets.map { bucket in
            var peak = SeriesPeak(level: level, capacity: 0, at: bucket.since.milliseconds)
            if let series, let row = try row(bucket.level, first: bucket.samples.lowerBound, series: series.id) {
                peak = row.peak
                peak.at += bucket.since.milliseconds
                level = row.level
            }
            return peak
        }
    }

    private func levelBefore(_ series: Series, _ cover: RollupCover, _ newest: Int) throws -> Int {
        guard let last = cover.buckets.last else { return 0 }
        for bucket in cover.buckets {
            if let row = try row(bucket.level, first: bucket.samples.lowerBound, series: series.id) {
                return row.before
            }
        }
        if last.samples.upperBound < newest {
            for bucket in try self.cover(last.samples.upperBound + 1...newest).buckets {
                if let row = try row(bucket.level, first: bucket.samples.lowerBound, series: series.id) {
                    return row.before
                }
            }
        }
        return series.level
    }
}
