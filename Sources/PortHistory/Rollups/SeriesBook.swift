import PortModel

/// Every series that is being recorded, by what it counts, and which of them the sample at hand has touched.
struct SeriesBook {
    /// The series; an index stays valid.
    var meters: [SeriesMeter] = []
    /// The indices of those that the sample at hand has touched.
    private(set) var touched: [Int] = []
    /// Those that are no longer recorded, until that is written.
    private(set) var ended: [SeriesMeter] = []
    private var indices: [SeriesSubject: Int] = [:]
    private var free: [Int] = []

    /// The index of a series, if it is recorded.
    func index(of subject: SeriesSubject) -> Int? { indices[subject] }

    /// The index of a series, which begins where it is not recorded yet.
    mutating func begin(_ subject: SeriesSubject) -> Int {
        if let index = indices[subject] { return index }
        let index: Int
        if let slot = free.popLast() {
            index = slot
            meters[slot] = SeriesMeter(subject)
        } else {
            index = meters.count
            meters.append(SeriesMeter(subject))
        }
        indices[subject] = index
        return index
    }

    /// Whether the sample at hand has touched a series.
    func isTouched(_ subject: SeriesSubject) -> Bool { indices[subject].map { meters[$0].isTouched } ?? false }

    /// Every series that is recorded, by index.
    var live: Dictionary<SeriesSubject, Int>.Values { indices.values }

    /// Stops recording a series that the sample at hand has not touched, and whose level is 0.
    mutating func end(_ index: Int) {
        indices[meters[index].subject] = nil
        if meters[index].id != 0 { ended.append(meters[index]) }
        free.append(index)
    }

    /// Counts sockets into a series, or out of it.
    mutating func add(_ count: Int, to index: Int, opened: Int = 0, closed: Int = 0, holder: Int32 = 0) {
        touch(index)
        meters[index].next += count
        meters[index].opened += opened
        meters[index].closed += closed
        if holder > 0 { meters[index].holder = holder }
    }

    /// Says whose socket a series counted last; written when it changes next.
    mutating func reown(_ subject: SeriesSubject, _ holder: Int32) {
        if let index = indices[subject] { meters[index].holder = holder }
    }

    /// Says to what level a series comes in the sample at hand.
    mutating func set(_ index: Int, to level: Int) {
        if meters[index].next == level { return }
        touch(index)
        meters[index].next = level
    }

    /// Says that there are fewer ports for the level of a series.
    mutating func squeeze(_ index: Int) {
        touch(index)
        meters[index].isSqueezed = true
    }

    /// Makes sure that a series is looked at when the sample ends.
    mutating func touch(_ index: Int) {
        if meters[index].isTouched { return }
        meters[index].isTouched = true
        touched.append(index)
    }

    /// Ends the sample.
    mutating func settle() {
        for index in touched { meters[index].isTouched = false }
        touched.removeAll(keepingCapacity: true)
        ended.removeAll()
    }
}
