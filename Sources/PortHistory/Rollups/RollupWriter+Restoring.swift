import GRDB
import PortModel

/// How rollups go on after a restart of the recorder, or after an append that failed.
extension RollupWriter {
    /// Reads the memory from the file, all but the sockets: these are inserted next, and then ``resumed(_:)`` is called.
    init(from database: Database, newest: SampleRecord?) throws {
        self.init()
        let query = RollupQuery(database: database)
        for series in try query.series() where series.isLive {
            let index = book.begin(series.subject)
            book.meters[index].id = series.id
            book.meters[index].level = series.level
            book.meters[index].holder = Int32(truncatingIfNeeded: series.holder)
        }
        guard let newest else { return }
        self.newest = Moment(boot: newest.bootID, bootClock: newest.bootClock, wall: newest.takenAt)
        for change in try LimitsTable.changes(in: newest.number...newest.number, from: database) {
            namespaces[Int16(truncatingIfNeeded: change.namespace)] = NamespaceCounts(change.namespace, change.limits)
        }
        for index in book.live {
            let subject = book.meters[index].subject
            let number = Int16(truncatingIfNeeded: subject.namespace)
            if subject.kind == .destinationUsed, let destination = subject.destination {
                namespaces[number]?.restore(destination)
            }
            if subject.kind == .serviceSockets, subject.localAddress != nil { namespaces[number]?.restoreService() }
        }
        try restoreBuckets(query)
    }

    /// All sockets that stand open are in. What the series come to now and did not at the newest sample (a reboot ends everything)
    /// is a change of the next sample.
    mutating func resumed(_ open: inout OpenSockets) {
        if let newest { settle(at: newest.bootClock, &open) }
        for index in book.live {
            book.meters[index].opened = 0
            book.meters[index].closed = 0
            book.meters[index].isSqueezed = false
            if book.meters[index].next != book.meters[index].level { book.touch(index) }
        }
        opened = 0
        for bucket in buckets {
            for number in namespaces.keys {
                let index = book.index(of: SeriesSubject(.portsOpen, namespace: Int(number)))
                let row = index.flatMap { book.meters[$0].row(bucket.level) }
                let known = row.map { $0.before == 0 ? $0.level : $0.before }
                namespaces[number]?.begin(bucket.level, capacity: known)
            }
        }
    }

    /// The minute at hand is the newest one; the hour and the day are what has come since the last that was over.
    private mutating func restoreBuckets(_ query: RollupQuery) throws {
        guard let minute = try query.bucket(.minute) else { return }
        clock = minute.clock
        var indices: [Int: Int] = [:]
        for index in book.live { indices[book.meters[index].id] = index }
        buckets = [minute]
        try restoreRows(of: minute, from: [minute], query, indices)
        let hourStart = (try query.bucket(.hour)?.samples.upperBound ?? 0) + 1
        let dayStart = (try query.bucket(.day)?.samples.upperBound ?? 0) + 1
        let end = minute.samples.upperBound
        if hourStart <= end {
            let minutes = try query.buckets(.minute, in: hourStart...end)
            try restore(.hour, from: minutes, query, indices)
        }
        if dayStart <= end {
            let hours = dayStart < hourStart ? try query.buckets(.hour, in: dayStart...(hourStart - 1)) : []
            let minutes = hourStart <= end ? try query.buckets(.minute, in: max(hourStart, dayStart)...end) : []
            try restore(.day, from: hours + minutes, query, indices)
        }
    }

    private mutating func restore(
        _ level: RollupLevel, from parts: [RollupBucket], _ query: RollupQuery, _ indices: [Int: Int]
    ) throws {
        guard let first = parts.first, let last = parts.last else { return }
        let bucket = RollupBucket(
            level: level, samples: first.samples.lowerBound...last.samples.upperBound, since: first.since,
            until: last.until, clock: last.clock, opened: parts.reduce(0) { $0 + $1.opened })
        buckets.append(bucket)
        try restoreRows(of: bucket, from: parts, query, indices)
    }

    private mutating func restoreRows(
        of bucket: RollupBucket, from parts: [RollupBucket], _ query: RollupQuery, _ indices: [Int: Int]
    ) throws {
        let start = bucket.samples.lowerBound
        for part in parts {
            let first = part.samples.lowerBound
            try query.forEachRow(part.level, firsts: first...first) { _, series, row in
                guard let index = indices[series] else { return }
                let meter = book.meters[index]
                if var sum = meter.row(bucket.level) {
                    sum.append(
                        row, samplesBefore: first - start, offset: part.since - bucket.since,
                        byUtilization: meter.isByUtilization)
                    book.meters[index].restore(sum, bucket.level)
                } else if first == start {
                    book.meters[index].restore(row, bucket.level)
                } else {
                    // Quiet from the beginning of the bucket to that of the part.
                    var sum = SeriesRow(quietAt: row.before, isFirst: false, capacity: row.peak.capacity)
                    sum.append(
                        row, samplesBefore: first - start, offset: part.since - bucket.since,
                        byUtilization: meter.isByUtilization)
                    book.meters[index].restore(sum, bucket.level)
                }
            }
        }
    }
}
