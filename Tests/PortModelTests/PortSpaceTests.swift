import Testing

@testable import PortModel

@Suite struct PortSpaceTests {
    let hundred = PortLimits.range(40000, 40099)

    @Test func `an empty namespace has its whole range for every destination`() {
        let space = PortSpace(hundred)
        #expect(space.use(of: destination()).free == 100)
        #expect(PortSpace(PortLimits()).capacity == 28232)
        #expect(!space.use(of: destination()).slowConnect)
        #expect(space.isCertain)
    }

    @Test(arguments: ["127.0.0.9", "0.0.0.0", "::1", "::"])
    func `a listener on any address takes one port from every destination`(_ address: String) {
        var space = PortSpace(hundred)
        space.round([.listener(40007, at: address)])
        #expect(space.use(of: destination()).free == 99)
        #expect(space.use(of: destination(from: "10.0.0.1", to: "10.0.0.2")).capacity == 99)
    }

    @Test func `ten reserved ports, a listener and an accepted connection leave eighty-eight of a hundred`() {
        var limits = hundred
        limits.reserved = PortSet(40010...40019)
        var space = PortSpace(limits)
        space.round([.listener(40007), .accepted(40008)])
        #expect(space.use(of: destination()).free == 88)
    }

    @Test func `a listener on a reserved port or outside the range takes nothing`() {
        var limits = hundred
        limits.reserved = PortSet([40010])
        var space = PortSpace(limits)
        space.round([.listener(40010), .listener(39999), .listener(40100)])
        #expect(space.capacity == 99)
    }

    @Test func `a hundred connections to one destination leave a hundred to another and from another source`() {
        var space = PortSpace(hundred)
        space.round((40000...40099).map { .outgoing($0) })
        #expect(space.use(of: destination()) == DestinationUse(capacity: 100, used: 100))
        #expect(space.use(of: destination(81)).free == 100)
        #expect(space.use(of: destination(from: "127.0.0.2")).free == 100)
        #expect(space.use(of: destination()).utilization == 1)
    }

    @Test func `a mapped IPv6 connection counts for the IPv4 destination`() {
        var space = PortSpace(hundred)
        var mapped = PortSpace.Socket.outgoing(40000, from: "::ffff:127.0.0.1", to: "::ffff:127.0.0.1")
        mapped.table = .tcp6
        space.round([mapped])
        #expect(space.use(of: destination()).used == 1)
        #expect(destination().family == .ipv4)
    }

    @Test func `an accepted connection keeps its port closed in TIME_WAIT too, when its listener has gone`() {
        var space = PortSpace(hundred)
        let places = space.round([.listener(40000), .accepted(40000)])
        let timeWait = space.round([.accepted(40000, state: .timeWait)], removing: places)
        #expect(space.capacity == 99)
        space.round(removing: timeWait, at: 100_000)
        #expect(space.capacity == 100)
    }

    @Test func `since 6_18 a port is back when its last explicit owner goes, even with an outgoing connection on it`() {
        var space = PortSpace(hundred)
        let owners = space.round([.listener(40000), .outgoing(40000)])
        #expect(space.use(of: destination()) == DestinationUse(capacity: 99, used: 0, freeOfLowParity: 49))
        space.round(removing: [owners[0]])
        #expect(space.use(of: destination()) == DestinationUse(capacity: 100, used: 1, freeOfLowParity: 49))
        #expect(space.use(of: destination(81)).free == 100)
    }

    @Test func `before 6_18 a port that had an explicit owner stays closed until nothing stands on it`() {
        var space = PortSpace(.range(40000, 40099, kernel: "6.12.1"))
        let places = space.round([.listener(40000), .outgoing(40000, since: 1)])
        space.round(removing: [places[0]])
        #expect(space.capacity == 99)
        let timeWait = space.round([.outgoing(40000, state: .timeWait, since: 1)], removing: [places[1]])
        #expect(space.capacity == 99)
        space.round(removing: timeWait)
        #expect(space.capacity == 100)
    }

    @Test func `before 6_18 a new connection on a port that all others have left shows that the port was open`() {
        var space = PortSpace(.range(40000, 40099, kernel: "6.1.0"))
        let places = space.round([.listener(40000)])
        space.round([.outgoing(40000, since: 2)], removing: places)
        #expect(space.use(of: destination()) == DestinationUse(capacity: 100, used: 1, freeOfLowParity: 49))
    }

    @Test func `a young TIME_WAIT on loopback blocks its four-tuple and an older one does not`() {
        var space = PortSpace(hundred)
        space.round((40000...40099).map { .outgoing($0, state: .timeWait, timeWaitSince: 5000) }, at: 5000)
        #expect(space.use(of: destination()) == DestinationUse(capacity: 100, used: 100, usedByTimeWait: 100))
        space.round(at: 6000)
        #expect(space.use(of: destination()).free == 0)
        space.round(at: 6000 + TimeWaitReuse.tolerance)
        #expect(space.use(of: destination()).free == 0)
        #expect(space.isDue(at: 6300))
        space.round(at: 6300)
        #expect(
            space.use(of: destination()) == DestinationUse(capacity: 100, used: 0, reusable: 100, freeOfLowParity: 50))
    }

    @Test func `without tcp_tw_reuse, or between other addresses, a TIME_WAIT blocks to its end`() {
        var limits = hundred
        limits.timeWaitReuse = 0
        var space = PortSpace(limits)
        space.round([.outgoing(40000, state: .timeWait)], at: 59_000)
        #expect(space.use(of: destination()).used == 1)
        var distant = PortSpace(hundred)
        distant.round([.outgoing(40000, from: "10.0.0.1", to: "10.0.0.2", state: .timeWait)], at: 59_000)
        #expect(distant.use(of: destination(from: "10.0.0.1", to: "10.0.0.2")).usedByTimeWait == 1)
    }

    @Test func `an orphan in FIN_WAIT_2 is no TIME_WAIT and blocks`() {
        var space = PortSpace(hundred)
        space.round([.outgoing(40000, state: .finWait2)], at: 59_000)
        #expect(space.use(of: destination()).used == 1)
    }

    @Test func `connect is slow when the parity of the low end is used up`() {
        var space = PortSpace(hundred)
        space.round(stride(from: 40000, to: 40098, by: 2).map { .outgoing($0) })
        #expect(!space.use(of: destination()).slowConnect)
        space.round([.outgoing(40098)])
        #expect(space.use(of: destination()).slowConnect)
        #expect(space.use(of: destination()).free == 50)
        #expect(!space.use(of: destination(81)).slowConnect)
    }

    @Test func `a range that is all reserved is used up`() {
        var limits = hundred
        limits.reserved = PortSet(40000...40099)
        let use = PortSpace(limits).use(of: destination())
        #expect(use == DestinationUse(capacity: 0, used: 0))
        #expect(use.utilization == 1)
        #expect(use.slowConnect)
    }

    @Test func `other limits count everything anew`() {
        var space = PortSpace(hundred)
        space.round((40000...40099).map { .outgoing($0, state: .timeWait) } + [.udp(40001)], at: 30_000)
        #expect(space.use(of: destination()).reusable == 100)
        _ = space.takeChanges()
        var limits = PortLimits.range(40000, 40009)
        limits.timeWaitReuse = 0
        space.setLimits(limits)
        space.round(at: 30_100)
        #expect(space.use(of: destination()) == DestinationUse(capacity: 10, used: 10, usedByTimeWait: 10))
        #expect(space.bindPool(.udp) == BindPool(capacity: 10, used: 1))
        #expect(space.takeChanges() == [0])
        #expect(space.takeChanges() == [])
    }
}

@Suite struct BindPoolTests {
    @Test func `any socket of the protocol takes its port from the wildcard pool, once`() {
        var limits = PortLimits.range(40000, 40099)
        limits.reserved = PortSet([40050])
        var space = PortSpace(limits)
        let places = space.round(
            [.listener(40000), .listener(40000, at: "127.0.0.2"), .outgoing(40001), .accepted(40000), .outgoing(50000)]
                + [.listener(40050), .udp(40001), .udp(40001, at: "127.0.0.77"), .udp(53)])
        #expect(space.bindPool(.tcp) == BindPool(capacity: 99, used: 2))
        #expect(space.bindPool(.udp) == BindPool(capacity: 99, used: 1))
        #expect(space.bindPool(.udp).free == 98)
        space.round(removing: places)
        #expect(space.bindPool(.tcp).used == 0)
        #expect(space.bindPool(.udp).used == 0)
    }

    @Test func `thirty connections leave seventy of a hundred for bind with port 0`() {
        var space = PortSpace(.range(40000, 40099))
        space.round((0..<30).map { .outgoing(40000 + $0) })
        #expect(space.bindPool(.tcp).free == 70)
    }
}

@Suite struct BindBeforeConnectTests {
    let hundred = PortLimits.range(40000, 40099)

    @Test func `a connection on the far parity while the near one is free looks bound`() {
        var space = PortSpace(hundred)
        let places = space.round([.outgoing(40001)])
        #expect(!space.isCertain)
        let timeWait = space.round([.outgoing(40001, state: .timeWait)], removing: places)
        #expect(!space.isCertain)
        space.round(removing: timeWait)
        #expect(space.isCertain)
    }

    @Test func `connections of kernel-chosen ports do not look bound`() {
        var space = PortSpace(hundred)
        space.round(stride(from: 40000, to: 40100, by: 2).map { .outgoing($0) })
        space.round([.outgoing(40001, since: 1), .outgoing(40003, since: 1)])
        #expect(space.isCertain)
    }

    @Test func `ports of the near parity that have become free since do not make earlier connections suspect`() {
        var space = PortSpace(hundred)
        let places = space.round(stride(from: 40000, to: 40100, by: 2).map { .outgoing($0) })
        let odd = space.round([.outgoing(40001, since: 1)], removing: Array(places.prefix(25)))
        #expect(space.use(of: destination()).freeOfLowParity == 25)
        #expect(space.isCertain)
        space.round([.outgoing(40001, state: .finWait1, since: 1)], removing: odd)
        #expect(space.isCertain)
        space.round([.outgoing(40003, since: 3)])
        #expect(!space.isCertain)
    }

    @Test func `the near parity is that of the low end`() {
        var space = PortSpace(.range(40001, 40100))
        space.round([.outgoing(40001)])
        #expect(space.isCertain)
        space.round([.outgoing(40002)])
        #expect(!space.isCertain)
    }

    @Test func `ports outside the range, reserved, or explicitly owned prove nothing`() {
        var limits = hundred
        limits.reserved = PortSet([40011])
        var space = PortSpace(limits)
        space.round([.outgoing(5001), .outgoing(40011), .listener(40021), .outgoing(40021)])
        #expect(space.isCertain)
    }

    @Test func `limits that are assumed make every figure uncertain`() {
        var limits = hundred
        limits.assumed = true
        #expect(!PortSpace(limits).isCertain)
    }

    @Test func `an odd number of ports makes every figure an upper bound, reserved ports or not`() {
        var limits = PortLimits.range(40000, 40100)
        #expect(!PortSpace(limits).isCertain)
        limits.reserved = PortSet([40050])
        var space = PortSpace(limits)
        #expect(!space.isCertain)
        space.setLimits(hundred)
        #expect(space.isCertain)
        limits = hundred
        limits.reserved = PortSet([40050])
        space.setLimits(limits)
        #expect(space.isCertain)
    }

    @Test func `a connection above suspicion stays so when one sample misses it`() {
        var space = PortSpace(hundred)
        let even = space.round(stride(from: 40000, to: 40100, by: 2).map { .outgoing($0) })
        let odd = space.round([.outgoing(40001, since: 1)])
        space.round(removing: odd + even)
        let again = space.round([.outgoing(40001, since: 3)])
        #expect(space.isCertain)
        space.round(removing: again)
        space.round()
        space.round([.outgoing(40001, since: 6)])
        #expect(!space.isCertain)
    }

    @Test func `another connection on the four-tuple of a suspect is judged for itself`() {
        var space = PortSpace(hundred)
        let suspect = space.round([.outgoing(40001, state: .timeWait, since: 1)])
        #expect(!space.isCertain)
        let even = space.round(stride(from: 40000, to: 40100, by: 2).map { .outgoing($0, since: 2) })
        space.round([.outgoing(40001, since: 3)], removing: suspect)
        #expect(space.isCertain)
        space.round(removing: even)
        #expect(space.isCertain)
    }
}
