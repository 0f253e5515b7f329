/// Samples, read a page at a time, each in a transaction of its own, while a recorder goes on.
public struct SamplePages {
    private var next: Int
    private let last: Int

    /// The samples of a range, by number; those that are no longer kept are not told.
    public init(in samples: ClosedRange<Int>) {
        next = samples.lowerBound
        last = samples.upperBound
    }

    /// Reads the next page.
    ///
    /// - Returns: Whether there is more to come.
    public mutating func next(
        _ view: HistoryView, _ limit: PageLimit, _ body: (SampleRecord) throws -> Void
    ) throws -> Bool {
        var meter = PageMeter(limit)
        guard next <= last else { return false }
        try SampleTable.forEach(in: next...last, of: view.database) { sample in
            try body(sample)
            next = sample.number + 1
            meter.look(isTaken: true)
            return !meter.isFull
        }
        if !meter.isFull { next = last + 1 }
        return next <= last
    }
}
