import Testing

@testable import PortModel

@Suite struct TimeWaitReuseTests {
    static let distant = destination(from: "10.0.0.1", to: "10.0.0.2")

    private func reuse(_ mode: Int, timestamps: Int = 1, delay: Int = 1000) -> TimeWaitReuse {
        var limits = PortLimits()
        limits.timeWaitReuse = mode
        limits.timestamps = timestamps
        limits.timeWaitReuseDelay = delay
        return TimeWaitReuse(limits)
    }

    @Test func `mode 0 never, mode 1 everywhere, mode 2 on loopback`() {
        #expect(!reuse(0).applies(to: destination()))
        #expect(reuse(1).applies(to: Self.distant))
        #expect(!reuse(2).applies(to: Self.distant))
        #expect(reuse(2).applies(to: destination()))
        #expect(reuse(2).applies(to: destination(from: "::1", to: "::1")))
    }

    @Test func `one loopback end is enough`() {
        #expect(reuse(2).applies(to: destination(from: "127.0.0.1", to: "10.0.0.2")))
        #expect(reuse(2).applies(to: destination(from: "10.0.0.2", to: "127.5.5.5")))
    }

    @Test func `without timestamps never`() {
        #expect(!reuse(1, timestamps: 0).applies(to: destination()))
        #expect(!reuse(2, timestamps: 0).applies(to: destination()))
    }

    @Test func `only after more than the delay, and what the timer may be wrong by`() {
        #expect(!reuse(2).isReusable(destination(), age: 1000))
        #expect(!reuse(2).isReusable(destination(), age: 1020))
        #expect(reuse(2).isReusable(destination(), age: 1021))
        #expect(reuse(2, delay: 0).isReusable(destination(), age: 30))
        #expect(!reuse(2, delay: 60_000).isReusable(destination(), age: 59_990))
    }
}
