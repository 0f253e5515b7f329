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
            book.meters[index].last = series.last
            book.meters[index].holder = Int32(truncatingIfNeeded: series.holder)
        }
        guard let newest else { return }
        self.newest = Moment(boot: newest.bootID, bootClock: newest.bootClock, wall: newest.takenAt)
        try restoreBuckets(query)
        for change in try LimitsTable.changes(in: newest.number...newest.number, from: database) {
            namespaces[Int16(truncatingIfNeeded: change.namespace)] = NamespaceCounts(change.namespace, change.limits)
        }
        for index in book.live {
            let subject = book.meters[index].subject
            let number = Int16(truncatingIfNeeded: subject.namespace)
            if namespaces[number] == nil, number >= 0 { leaving.insert(Int(number)) }
            if subject.kind == .portsOpen { namespaces[number]?.restorePorts() }
            if subject.kind == .destinationUsed, let destination = subject.destination {
                namespaces[number]?.restore(destination, clock: clock)
            }
            if subject.kind == .serviceSockets, subject.localAddress != nil { namespaces[number]?.restoreService() }
        }
        restoreServicePorts()
    }

    /// All sockets that stand open are in. What the series come to now and did not at the newest sample (a reboot ends everything)
    /// is a change of the next sample.
    mutating func resumed(_ open: inout OpenSockets) {
        if let newest { settle(at: newest.bootClock, &open) }
        for index in book.live {
            let change = book.meters[index].next - book.meters[index].level
            // What stood there before there were series has not come now.
            book.meters[index].opened = book.meters[index].id == 0 ? 0 : max(0, change)
            book.meters[index].closed = max(0, -change)
            book.meters[index].isSqueezed = false
            if change != 0 { book.touch(index) }
        }
        opened = 0
        for bucket in buckets {
            for number in namespaces.keys {
                // What there is now may be another boot's.
                let index = book.index(of: SeriesSubject(.portsOpen, namespace: Int(number)))
                let ports = index.map { book.meters[$0] }
                namespaces[number]?.begin(
                    bucket.level, capacity: ports?.row(bucket.level)?.peak.capacity ?? ports?.level)
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
        // `series_now` was written when the minute before was over.
        for index in book.live {
            guard let row = book.meters[index].row(.minute) else { continue }
            book.meters[index].level = row.level
            book.meters[index].last = minute.samples.upperBound
        }
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
                let sum = row.added(
                    to: meter.row(bucket.level), samplesBefore: first - start, offset: part.since - bucket.since,
                    capacity: capacity(of: meter, row, at: bucket.level), byUtilization: meter.isByUtilization)
                book.meters[index].restore(sum, bucket.level)
            }
        }
    }

    /// How many ports there were at the first sample of a bucket, for a series that changes later in it.
    private func capacity(of meter: SeriesMeter, _ row: SeriesRow, at level: RollupLevel) -> Int {
        switch meter.subject.kind {
        case .portsOpen: return row.before
        case .destinationUsed:
            let index = book.index(of: SeriesSubject(.portsOpen, namespace: meter.subject.namespace))
            guard let ports = index.map({ book.meters[$0] }) else { return row.peak.capacity }
            return ports.row(level)?.peak.capacity ?? row.peak.capacity
        default: return 0
        }
    }
}
