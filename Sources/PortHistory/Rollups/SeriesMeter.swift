import PortModel

/// One series while it is recorded: its level, and what became of it in the minute, hour and day at hand.
struct SeriesMeter {
    /// `series.id`; 0 until it is written.
    var id = 0
    /// What is counted.
    let subject: SeriesSubject
    /// The level at the last sample that was finished.
    var level = 0
    /// The level that the sample at hand comes to.
    var next = 0
    /// Sockets that came in the sample at hand, and that went.
    var opened = 0
    var closed = 0
    /// Ports became fewer in the sample at hand, so that the same level means a higher utilization.
    var isSqueezed = false
    /// The holder of the socket that came last, as far as that is known; 0: none.
    var holder: Int32 = 0
    /// The last sample that changed it.
    var last = 0
    /// It is in the list of those to be looked at when the sample ends.
    var isTouched = false
    /// What became of it in each bucket at hand; `nil` where nothing has changed.
    private(set) var rows: [SeriesRow?] = Array(repeating: nil, count: RollupLevel.allCases.count)

    init(_ subject: SeriesSubject) { self.subject = subject }

    /// Whether the sample at hand changes anything.
    var isChanged: Bool { next != level || opened > 0 || closed > 0 || isSqueezed }

    /// Whether its peak is that of the utilization.
    var isByUtilization: Bool { subject.kind == .destinationUsed }

    /// The row of a bucket at hand.
    func row(_ level: RollupLevel) -> SeriesRow? { rows[level.rawValue] }

    /// Sets the row of a bucket at hand, as it was when the recorder ended.
    mutating func restore(_ row: SeriesRow?, _ level: RollupLevel) { rows[level.rawValue] = row }

    /// A bucket is over.
    mutating func end(_ level: RollupLevel) { rows[level.rawValue] = nil }

    /// Ends the sample for the buckets at hand.
    ///
    /// - Parameters:
    ///   - capacity: ports that there are now, and that there were at the first sample of each bucket; of other kinds 0.
    mutating func finish(
        _ sample: Int, at time: Timestamp, _ buckets: [RollupBucket], capacity: Int,
        capacityAtStart: (RollupLevel) -> Int
    ) {
        for bucket in buckets {
            let first = bucket.samples.lowerBound
            let known = rows[bucket.level.rawValue]
            let atStart: Int
            switch subject.kind {
            case .destinationUsed: atStart = capacityAtStart(bucket.level)
            // Its own level at the bucket's first sample: that is what the others ask for.
            case .portsOpen: atStart = known?.peak.capacity ?? (first == sample ? next : level)
            default: atStart = 0
            }
            var row = known ?? SeriesRow(quietAt: level, isFirst: first == sample, capacity: atStart)
            row.step(
                to: next, samplesBefore: sample - first, capacity: isByUtilization ? capacity : atStart,
                offset: time - bucket.since, opened: opened, closed: closed, byUtilization: isByUtilization)
            rows[bucket.level.rawValue] = row
        }
        level = next
        last = sample
        opened = 0
        closed = 0
        isSqueezed = false
    }
}
