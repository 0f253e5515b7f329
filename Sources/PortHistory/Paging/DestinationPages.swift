import PortModel

/// What became of a destination in a minute, hour or day.
public struct DestinationFigures: Sendable {
    /// When.
    public var bucket: RollupBucket
    /// The number of the namespace.
    public var namespace: Int
    /// Where its connections go; `nil` for those that have no series of their own, together.
    public var destination: Destination?
    /// The ports used; `nil` where nothing changed.
    public var used: SeriesRow?
    /// The sockets in TIME_WAIT; `nil` where nothing changed.
    public var timeWait: SeriesRow?
}

/// What became of every outgoing destination in each minute, hour or day in which it changed, the finest that are kept; read a page
/// at a time, each in a transaction of its own, while a recorder goes on.
///
/// It tells what there was when the reading began: the minute at hand is read at the beginning, and no bucket that ended later.
public struct DestinationPages {
    /// The first sample that any bucket had when the reading began; `nil` where there was none.
    public let oldest: Int?
    private let samples: ClosedRange<Int>
    private let filter: SocketFilter
    /// The first sample that no bucket had whole when the reading began.
    private let end: Int
    private var atHand: [DestinationFigures] = []
    private var position: Int
    private var subjects: [Int: SeriesSubject] = [:]
    private static let mostSubjects = 8192

    /// The destinations in the buckets that have a sample of a range.
    public init(
        _ view: HistoryView, in samples: ClosedRange<Int>, matching filter: SocketFilter = SocketFilter()
    ) throws {
        self.samples = samples
        self.filter = filter
        position = samples.lowerBound
        let query = RollupQuery(database: view.database)
        oldest = try query.firstSample(after: 0)
        guard let minute = try query.bucket(.minute) else {
            end = .max
            return
        }
        end = minute.samples.lowerBound
        if minute.samples.overlaps(samples) { atHand = try figures(minute, query, view) }
    }

    /// Reads the next page; a bucket is never divided.
    ///
    /// - Returns: Whether there is more to come.
    public mutating func next(
        _ view: HistoryView, _ limit: PageLimit, _ body: (DestinationFigures) throws -> Void
    ) throws -> Bool {
        var meter = PageMeter(limit)
        let query = RollupQuery(database: view.database)
        while let bucket = try bucket(query) {
            if meter.isFull { return true }
            position = bucket.samples.upperBound + 1
            for figures in try figures(bucket, query, view) {
                try body(figures)
                meter.look(isTaken: true)
            }
            meter.lookAtClock()
        }
        for figures in atHand { try body(figures) }
        atHand = []
        return false
    }

    /// The finest bucket that has the next sample, or the first after it.
    private mutating func bucket(_ query: RollupQuery) throws -> RollupBucket? {
        while position <= samples.upperBound {
            if let bucket = try query.finest(with: position, before: end) { return bucket }
            // Samples in no bucket were recorded before there were any.
            guard let next = try query.firstSample(after: position) else { return nil }
            position = next
        }
        return nil
    }

    // MARK: - A bucket

    private mutating func figures(
        _ bucket: RollupBucket, _ query: RollupQuery, _ view: HistoryView
    ) throws -> [DestinationFigures] {
        var found: [SeriesSubject: DestinationFigures] = [:]
        let first = bucket.samples.lowerBound
        try query.forEachRow(bucket.level, firsts: first...first) { _, series, row in
            let subject = try subject(series, query)
            guard subject.kind == .destinationUsed || subject.kind == .destinationTimeWait else { return }
            guard filter.transport != .udp,
                try filter.namespace == nil || filter.namespace == view.namespaceName(subject.namespace)
            else { return }
            var key = subject
            key.kind = .destinationUsed
            var figures =
                found[key]
                ?? DestinationFigures(bucket: bucket, namespace: subject.namespace, destination: subject.destination)
            if subject.kind == .destinationUsed { figures.used = row } else { figures.timeWait = row }
            found[key] = figures
        }
        return found.values.sorted { a, b in
            if a.namespace != b.namespace { return a.namespace < b.namespace }
            guard let mine = a.destination, let other = b.destination else { return a.destination != nil }
            return mine < other
        }
    }

    private mutating func subject(_ series: Int, _ query: RollupQuery) throws -> SeriesSubject {
        if let known = subjects[series] { return known }
        if subjects.count >= Self.mostSubjects { subjects.removeAll(keepingCapacity: true) }
        let subject = try query.subject(of: series)
        subjects[series] = subject
        return subject
    }
}

extension RollupQuery {
    /// The finest bucket that is kept of those that have a sample and end before another one: minutes where those of the hour are all
    /// there, hours where those of the day are.
    fileprivate func finest(with sample: Int, before end: Int) throws -> RollupBucket? {
        for level in RollupLevel.allCases.reversed() {
            guard let bucket = try bucket(level, beginningBy: sample), bucket.samples.contains(sample),
                bucket.samples.upperBound < end
            else { continue }
            if let finer = RollupLevel(rawValue: level.rawValue - 1), try isMade(bucket, of: finer) { continue }
            return bucket
        }
        return nil
    }
}
