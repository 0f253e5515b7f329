/// The moments at which samples are due: every interval from the start, on a clock that never jumps.
struct Tick {
    /// From one tick to the next.
    let interval: Duration
    private let start: ContinuousClock.Instant
    /// The number of the tick that is due next, from 0.
    private(set) var number = 0

    init(every interval: Duration, from start: ContinuousClock.Instant) {
        self.interval = interval
        self.start = start
    }

    /// When the tick is due.
    var due: ContinuousClock.Instant { start + interval * number }

    /// Says how many ticks have gone by since the one that is due: the sleep was longer than it should have been.
    mutating func wake(at now: ContinuousClock.Instant) -> Int {
        let passed = Int((now - start) / interval)
        let missed = max(0, passed - number)
        number = max(number, passed)
        return missed
    }

    /// Goes on to the next tick that lies ahead, and says how many have gone by meanwhile: they are not made up for.
    mutating func advance(at now: ContinuousClock.Instant) -> Int {
        let passed = Int((now - start) / interval)
        let missed = max(0, passed - number)
        number = max(number, passed) + 1
        return missed
    }
}
