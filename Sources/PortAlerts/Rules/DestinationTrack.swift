import PortModel

/// The use of one destination's ports over the last minutes: the newest samples each, those before at least five seconds apart.
struct DestinationTrack {
    /// What is kept of a sample.
    private struct Point {
        var time: Int64
        var used: Int
        var usedByTimeWait: Int
        /// TIME_WAITs that began since the point before.
        var entered: Int
        /// The most that were used at it, and at points before it that were not kept.
        var highest: Int

        init(time: Int64, used: Int, usedByTimeWait: Int, entered: Int) {
            (self.time, self.used, self.usedByTimeWait, self.entered) = (time, used, usedByTimeWait, entered)
            highest = used
        }
    }

    /// For how long it is known whose the ports are, in milliseconds.
    private static let ownersLast: Int64 = 30_000
    /// So many of the newest samples are kept each.
    private static let fine = 16
    /// How far apart those before are, in milliseconds.
    private static let coarse: Int64 = 5000
    /// The highest of so long a time each is known for an hour, in milliseconds.
    private static let crest: Int64 = 300_000
    private static let crestsKept: Int64 = 3_600_000
    /// A rise is one where it is by this part of the ports above all that was before.
    private static let notable = 50
    /// The ports of a trend that began within the window: it is looked at from where they were so small a part of what they are.
    private static let beginning = 4

    private var points: [Point] = []
    /// The ports now.
    private(set) var use: DestinationUse
    /// Whose the ports were when that was last looked up, for settings that ask who.
    private var owners: [PortOwner] = []
    private var ownersAt: Int64?
    private var timeWaitsLast: Bool
    /// The most ports that were used within each ``crest``, by when that began.
    private var crests: [(since: Int64, used: Int)] = []
    /// Since when the ports have been about to run out in every sample, and in how many that was so.
    private var warned: (since: Int64, samples: Int)?

    /// A track that begins with a sample and what is known of the one before.
    init(_ use: DestinationUse, usedBefore: Int, before: Int64?) {
        self.use = use
        timeWaitsLast = true
        if let before {
            points.append(
                Point(
                    time: before, used: usedBefore,
                    // What was there in TIME_WAIT is not known; no more than there was at all.
                    usedByTimeWait: min(usedBefore, use.usedByTimeWait), entered: 0))
        }
    }

    /// Takes in a sample that changes something.
    ///
    /// - Parameters:
    ///   - before: when the sample before was taken, in which all was as at the newest point.
    mutating func add(
        _ use: DestinationUse, entered: Int, reuses: Bool, at time: Int64, before: Int64?
    ) {
        if let before, let last = points.last, last.time < before { append(last.used, last.usedByTimeWait, 0, before) }
        self.use = use
        timeWaitsLast = !reuses
        append(use.used, use.usedByTimeWait, entered, time)
    }

    /// Takes in that there are other ports, and nothing else.
    mutating func setCapacity(_ capacity: Int) { use.capacity = capacity }

    /// Takes in a sample in which all was as in the one before.
    mutating func stay(at time: Int64) {
        guard let last = points.last, last.time < time else { return }
        append(last.used, last.usedByTimeWait, 0, time)
    }

    /// Whose the ports are, looked up where that is not known or was long ago.
    mutating func owners(at time: Int64, _ find: () -> [PortOwner]) -> [PortOwner] {
        if let ownersAt, time - ownersAt < Self.ownersLast { return owners }
        (owners, ownersAt) = (find(), time)
        return owners
    }

    private mutating func append(_ used: Int, _ usedByTimeWait: Int, _ entered: Int, _ time: Int64) {
        points.append(Point(time: time, used: used, usedByTimeWait: usedByTimeWait, entered: entered))
        // The point that leaves the fine ones stays if it is far enough from the one before; what began in it goes to the next.
        let position = points.count - 1 - Self.fine
        if position >= 1, points[position].time - points[position - 1].time < Self.coarse {
            points[position + 1].entered += points[position].entered
            points[position + 1].highest = max(points[position + 1].highest, points[position].highest)
            points.remove(at: position)
        }
        noteCrest(used, at: time)
        let oldest = time - UsageTrend.window
        if let first = points.first, first.time < oldest, points.count > 3 { points.removeFirst() }
    }

    private mutating func noteCrest(_ used: Int, at time: Int64) {
        if let last = crests.last, time - last.since < Self.crest {
            crests[crests.count - 1].used = max(last.used, used)
        } else {
            crests.append((time, used))
            if let first = crests.first, time - first.since > Self.crestsKept { crests.removeFirst() }
        }
    }

    // MARK: - Where it is going

    /// Takes in whether the ports are about to run out.
    mutating func warn(_ isSoon: Bool, at time: Int64) {
        warned = isSoon ? (warned?.since ?? time, (warned?.samples ?? 0) + 1) : nil
    }

    /// Whether a forecast counts far from the end: it has come true for a while, and the ports are used as they have not been in the
    /// time before that is known. What only swings is where it has been.
    ///
    /// - Parameters:
    ///   - hold: for how long it has to come true, in milliseconds; a quarter of the time left where that is less.
    func isCertain(_ after: Int64, hold: Int64, at time: Int64) -> Bool {
        guard let warned, warned.samples >= 2, time - warned.since >= min(hold, after / 4) else { return false }
        let recent = points.lazy.filter { $0.time < warned.since }.map(\.highest).max() ?? 0
        let earlier = crests.lazy.filter { $0.since + Self.crest <= warned.since }.map(\.used).max() ?? 0
        return use.used > max(recent, earlier) + use.capacity / Self.notable
    }

    /// In how many milliseconds all ports will be used; `nil` without a rising trend.
    var exhaustedAfter: Int64? {
        guard use.free > 0 else { return use.capacity > 0 ? 0 : nil }
        let all = trend(from: beginningOfRise)
        if let after = all?.exhaustedAfter { return after }
        // A rise that has begun lately does not stand out from a long window.
        let recent = points.count - 8
        guard recent > beginningOfRise else { return nil }
        return trend(from: recent)?.exhaustedAfter
    }

    /// The first point after the ports were last so few that what came since is the rise.
    private var beginningOfRise: Int {
        guard let last = points.last else { return 0 }
        let few = points.lastIndex { $0.used * Self.beginning < last.used }
        return few ?? 0
    }

    private func trend(from first: Int) -> UsageTrend? {
        let part = points[min(first, max(0, points.count - 3))...]
        var starts: [UsageTrend.Start] = []
        for (previous, point) in zip(part, part.dropFirst()) where point.entered > 0 {
            // They came some time between the two.
            starts.append(.init(time: (previous.time + point.time) / 2, count: point.entered))
        }
        return UsageTrend(
            part.map { .init(time: $0.time, used: $0.used, usedByTimeWait: $0.usedByTimeWait) },
            timeWaitStarts: starts, timeWaitsLast: timeWaitsLast, capacity: use.capacity)
    }

    /// Whether the ports run out within two samples if they go on as in the last ones: for rises that are too quick for a trend.
    /// TIME_WAITs only go on as far as their rate carries them.
    var isSprinting: Bool {
        guard points.count >= 2, let last = points.last, let earlier = points.dropLast().last else { return false }
        let steps = zip(points.suffix(3), points.suffix(3).dropFirst()).map { $1.used - $0.used }
        let step = points.count >= 3 ? max(last.used - earlier.used, 2 * (steps.min() ?? 0)) : last.used - earlier.used
        guard step > 0, last.used + step >= use.capacity else { return false }
        return highest >= use.capacity
    }

    /// How many ports can be used at all as it goes now: open connections may come without end, TIME_WAITs settle at 60 s of their
    /// rate.
    private var highest: Int {
        guard let last = points.last else { return 0 }
        let part = points.filter { last.time - $0.time <= 30_000 }
        guard let first = part.first, last.time > first.time else { return .max }
        let openRise = (last.used - last.usedByTimeWait) - (first.used - first.usedByTimeWait)
        if openRise * 10 > last.used - first.used { return .max }
        let entered = part.dropFirst().reduce(0) { $0 + $1.entered }
        let rate = Double(entered) / Double(last.time - first.time)
        return last.used - last.usedByTimeWait + Int(rate * Double(TimeWaitReuse.length) * 1.05)
    }
}
