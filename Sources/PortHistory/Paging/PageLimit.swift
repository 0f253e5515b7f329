/// How much of a long reading one read transaction does. A reader that stays in one keeps the write-ahead log growing.
public struct PageLimit: Hashable, Sendable {
    /// The most rows that a page has; at least one is read.
    public var rows: Int
    /// For how long rows are read, in milliseconds.
    public var milliseconds: Int

    /// A limit of its parts.
    public init(rows: Int, milliseconds: Int = 200) {
        self.rows = rows
        self.milliseconds = milliseconds
    }

    /// 4096 rows, a fifth of a second.
    public static let standard = PageLimit(rows: 4096)
}

/// Says when a page is full.
struct PageMeter {
    private let limit: PageLimit
    private let end: ContinuousClock.Instant
    private var rows = 0
    private var looks = 0
    /// Whether the page has as much as it may have.
    private(set) var isFull = false

    /// A page begins.
    init(_ limit: PageLimit) {
        self.limit = limit
        end = .now + .milliseconds(limit.milliseconds)
    }

    /// A row has been read, and belongs to the page or not.
    mutating func look(isTaken: Bool) {
        looks += 1
        if isTaken { rows += 1 }
        if rows >= limit.rows { isFull = true }
        if looks.isMultiple(of: 16) { lookAtClock() }
    }

    /// Time has passed.
    mutating func lookAtClock() {
        if ContinuousClock.now >= end { isFull = true }
    }
}
