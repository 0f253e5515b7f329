import GRDB
import PortModel

/// What minutes, hours and days tell.
extension HistoryView {
    /// Takes a range of samples apart into minutes, hours and days, and what is left at its ends.
    ///
    /// - Parameter coarsest: no buckets coarser than these.
    public func cover(_ samples: ClosedRange<Int>, coarsest: RollupLevel = .day) throws -> RollupCover {
        try rollups.cover(samples, coarsest: coarsest)
    }

    /// Takes the samples of a range before one of them apart.
    public func cover(_ samples: ClosedRange<Int>, upTo end: Int) throws -> RollupCover {
        if end <= samples.lowerBound { return RollupCover(samples.lowerBound...samples.lowerBound) }
        return try rollups.cover(samples.lowerBound...(end - 1))
    }

    /// What became of every series of some kinds over the buckets of a cover; those that counted nothing are left out.
    public func summaries(
        of kinds: Set<SeriesKind>, in cover: RollupCover, matching filter: SocketFilter = SocketFilter()
    ) throws -> [SeriesSummary] {
        try rollups.summaries(of: kinds, in: cover, newest: newestNumber).filter { summary in
            let isAll = summary.subject.namespace == SeriesSubject.allNamespaces
            return try
                (filter.namespace == nil || isAll || filter.namespace == namespaceName(summary.subject.namespace))
                && (filter.transport == nil || filter.transport == summary.subject.transport)
        }
    }

    /// In which minutes sockets came that a kind of series counts, as samples; in the hour or day where minutes are no longer kept.
    public func occurrences(
        of kind: SeriesKind, in cover: RollupCover, matching filter: SocketFilter = SocketFilter()
    ) throws -> [(subject: SeriesSubject, samples: [ClosedRange<Int>])] {
        try rollups.occurrences(of: kind, in: cover).filter { subject, _ in
            try (filter.namespace == nil || filter.namespace == namespaceName(subject.namespace))
                && (filter.localPort == nil || filter.localPort == subject.localPort)
        }
    }

    /// Whether any of a port's TIME_WAITs of accepted connections may stand at a sample or in the minute after: these do not last
    /// longer.
    public func mayHaveServiceTimeWaits(namespace: Int, port: UInt16, from sample: Int) throws -> Bool {
        try rollups.wasBusy(.serviceTimeWait, namespace: namespace, port: port, from: sample)
    }

    /// Whether a service has a series of its own on a port, or had.
    public func isServicePort(_ port: UInt16) throws -> Bool {
        try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM series WHERE kind = ? AND local_port = ?)",
            arguments: [SeriesKind.serviceSockets.rawValue, Int(port)]) ?? false
    }

    /// The highest level of a series in each bucket of a cover, with its moment in milliseconds of the wall clock.
    public func highest(of subject: SeriesSubject, in cover: RollupCover) throws -> [SeriesPeak] {
        try rollups.highest(of: subject, in: cover, newest: newestNumber)
    }

    /// The number of a namespace by its name.
    public func namespaceNumber(_ name: String) throws -> Int? {
        try Int.fetchOne(database, sql: "SELECT id FROM namespace WHERE name = ?", arguments: [name])
    }
}

/// When samples were taken, also those that are no longer kept.
extension HistoryView {
    /// How far back each resolution reaches.
    public struct Reach: Hashable, Sendable {
        /// The oldest sample that is kept.
        public var samples: Timestamp?
        /// The beginning of the oldest minute.
        public var minutes: Timestamp?
        /// The beginning of the oldest hour.
        public var hours: Timestamp?
        /// The beginning of the oldest day.
        public var days: Timestamp?
    }

    /// How far back each resolution reaches; `nil` where there is none.
    public func reach() throws -> Reach {
        Reach(
            samples: try oldestSample()?.takenAt, minutes: try rollups.oldest(.minute)?.since,
            hours: try rollups.oldest(.hour)?.since, days: try rollups.oldest(.day)?.since)
    }

    /// When a sample was taken. Of one that is no longer kept it is told by the minute, hour or day that has it, as if its samples
    /// followed each other evenly; before those it is the oldest moment known.
    public func time(of sample: Int) throws -> Timestamp {
        timeOfSample.bind(1, sample)
        defer { timeOfSample.reset() }
        if try timeOfSample.next() { return try Timestamp(checked: timeOfSample.int(0)) }
        for level in RollupLevel.allCases {
            if let bucket = try rollups.bucket(level, beginningBy: sample), bucket.samples.contains(sample) {
                return bucket.time(of: sample)
            }
        }
        return try oldestMoment() ?? Timestamp(milliseconds: 0)
    }

    /// The oldest moment of which anything is known.
    public func oldestMoment() throws -> Timestamp? {
        let oldest = [try oldestSample()?.takenAt] + (try RollupLevel.allCases.map { try rollups.oldest($0)?.since })
        return oldest.compactMap { $0 }.min()
    }

    /// The last sample not after a moment with which a minute, hour or day ends; `nil` where there is none.
    public func boundary(notAfter moment: Timestamp) throws -> (number: Int, takenAt: Timestamp)? {
        let row = try Row.fetchOne(
            database, sql: "SELECT last, until FROM bucket WHERE until <= ? ORDER BY until DESC, last DESC LIMIT 1",
            arguments: [moment.milliseconds])
        return try row.map { (try $0.checked("last"), try Timestamp(checked: $0.checked("until"))) }
    }

    /// The minute, hour or day that a moment lies in, from its first sample to its last, where its samples are no longer kept; `nil`
    /// where they are.
    public func bucket(at moment: Timestamp) throws -> ClosedRange<Timestamp>? {
        if intervals.oldest <= 1 { return nil }
        if let oldest = try oldestSample(), moment >= oldest.takenAt { return nil }
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT since, until FROM bucket WHERE since <= :moment AND until >= :moment AND first < :oldest
                ORDER BY level, first DESC LIMIT 1
                """,
            arguments: ["moment": moment.milliseconds, "oldest": intervals.oldest])
        return try row.map { row in
            let since = try Timestamp(checked: row.checked("since"))
            return since...max(since, try Timestamp(checked: row.checked("until")))
        }
    }

    /// The numbers of the samples that were taken in a period, both ends included; `nil` when there are none. Samples that are no
    /// longer kept count as far as a minute, hour or day lies in the period whole.
    ///
    /// Where the clock was set back, samples in between may lie outside of the period.
    public func samples(since: Timestamp, until: Timestamp) throws -> ClosedRange<Int>? {
        guard since <= until, newestNumber > 0 else { return nil }
        let everything = try rollups.cover(1...newestNumber)
        let pieces = (everything.buckets.map { Piece(bucket: $0) } + everything.rest.map { Piece(samples: $0) })
            .sorted { $0.samples.lowerBound < $1.samples.lowerBound }
        let period = since...until
        guard let first = try pieces.lazy.compactMap({ try self.edge($0, period, isFirst: true) }).first,
            let last = try pieces.reversed().lazy.compactMap({ try self.edge($0, period, isFirst: false) }).first
        else { return nil }
        return first...max(first, last)
    }

    /// A bucket, or samples in none.
    private struct Piece {
        var bucket: RollupBucket?
        var samples: ClosedRange<Int>

        init(bucket: RollupBucket) { (self.bucket, samples) = (bucket, bucket.samples) }
        init(samples: ClosedRange<Int>) { (bucket, self.samples) = (nil, samples) }
    }

    /// The first or the last sample of a piece that lies in a period. Between the first and the last sample of a bucket the clock may
    /// have been anywhere in its minute, hour or day.
    private func edge(_ piece: Piece, _ period: ClosedRange<Timestamp>, isFirst: Bool) throws -> Int? {
        if let bucket = piece.bucket {
            let span = bucket.level.span(of: bucket.since)
            if !period.overlaps(span) { return nil }
            if period.contains(span.lowerBound), period.contains(span.upperBound) {
                return isFirst ? piece.samples.lowerBound : piece.samples.upperBound
            }
            let parts = try self.parts(of: bucket)
            if !parts.isEmpty {
                return try (isFirst ? parts : parts.reversed()).lazy
                    .compactMap { try self.edge($0, period, isFirst: isFirst) }.first
            }
            if bucket.samples.lowerBound < intervals.oldest {
                guard period.contains(bucket.since), period.contains(bucket.until) else { return nil }
                return isFirst ? piece.samples.lowerBound : piece.samples.upperBound
            }
        }
        return try Int.fetchOne(
            database,
            sql: """
                SELECT \(isFirst ? "min" : "max")(number) FROM sample
                WHERE number BETWEEN ? AND ? AND taken_at BETWEEN ? AND ?
                """,
            arguments: [
                piece.samples.lowerBound, piece.samples.upperBound, period.lowerBound.milliseconds,
                period.upperBound.milliseconds,
            ])
    }

    /// What a bucket is made of, as far as that is kept; nothing where it is not.
    private func parts(of bucket: RollupBucket) throws -> [Piece] {
        guard let finer = RollupLevel(rawValue: bucket.level.rawValue - 1) else { return [] }
        var parts: [Piece] = []
        var next = bucket.samples.lowerBound
        for part in try rollups.buckets(finer, in: bucket.samples) {
            if next < part.samples.lowerBound { parts.append(Piece(samples: next...(part.samples.lowerBound - 1))) }
            parts.append(Piece(bucket: part))
            next = part.samples.upperBound + 1
        }
        if !parts.isEmpty, next <= bucket.samples.upperBound {
            parts.append(Piece(samples: next...bucket.samples.upperBound))
        }
        return parts
    }

    /// The samples of a range that are the first of a boot.
    public func bootStarts(in samples: ClosedRange<Int>) throws -> Set<Int> {
        try Int.fetchSet(
            database, sql: "SELECT first FROM boot WHERE first BETWEEN ? AND ?",
            arguments: [samples.lowerBound, samples.upperBound])
    }

    /// What the recorder was told to keep; `nil` where it has said nothing, or no limit.
    public func setting(_ name: String) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT value FROM setting WHERE name = ? AND value > 0", arguments: [name])
    }
}
