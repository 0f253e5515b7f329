import Testing

@testable import PortRecorder

/// The moments at which samples are due.
struct TickTests {
    private let start = ContinuousClock.now

    @Test("ticks stay on the grid of the interval, however long a sample takes")
    func grid() {
        var tick = Tick(every: .seconds(10), from: start)
        #expect(tick.due == start)
        #expect(tick.advance(at: start + .milliseconds(300)) == 0)
        #expect(tick.due == start + .seconds(10))
        #expect(tick.advance(at: start + .seconds(19)) == 0)
        #expect(tick.due == start + .seconds(20))
    }

    @Test("ticks that go by during a sample are counted, and not made up for")
    func missed() {
        var tick = Tick(every: .seconds(1), from: start)
        #expect(tick.advance(at: start + .milliseconds(3500)) == 3)
        #expect(tick.due == start + .seconds(4))
        #expect(tick.advance(at: start + .milliseconds(4100)) == 0)
        #expect(tick.due == start + .seconds(5))
    }

    @Test("a sleep that was too long misses the ticks before the sample that follows")
    func overslept() {
        var tick = Tick(every: .seconds(1), from: start)
        #expect(tick.wake(at: start) == 0)
        #expect(tick.advance(at: start + .milliseconds(100)) == 0)
        #expect(tick.wake(at: start + .milliseconds(4200)) == 3)
        #expect(tick.advance(at: start + .milliseconds(4300)) == 0)
        #expect(tick.due == start + .seconds(5))
    }
}
