/// How many processes cannot be looked into while nothing is wrong: some may always be closed to a recorder, and few or many of them
/// come and go. It is the lowest number in an hour that was not exceeded for a while.
struct PermissionLevel {
    /// So many samples in a row are a while.
    private static let steady = 10
    /// So many whiles are remembered: an hour of the default interval.
    private static let kept = 36

    /// The highest of each while.
    private var spans: [Int] = []
    private var samples = 0
    private var highest = 0

    /// The level; `nil` before there was a while.
    private(set) var value: Int?

    /// Whether so many are more than what comes and goes.
    func isExceeded(by denied: Int) -> Bool { value.map { denied > $0 + $0 / 2 } ?? false }

    /// Takes in a sample. What exceeds the level is nothing to get used to.
    mutating func note(_ denied: Int) {
        if isExceeded(by: denied) {
            samples = 0
            return
        }
        highest = samples == 0 ? denied : max(highest, denied)
        samples += 1
        if samples == Self.steady { end(highest) }
    }

    /// Takes in that an alert with this figure lasts, so that the level was below it.
    mutating func note(alertOf denied: Int) {
        if !isExceeded(by: denied) { end(denied / 4) }
    }

    private mutating func end(_ highest: Int) {
        spans.append(highest)
        if spans.count > Self.kept { spans.removeFirst() }
        value = spans.min()
        samples = 0
    }
}
