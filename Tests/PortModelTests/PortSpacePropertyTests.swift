import TestSupport
import Testing

@testable import PortModel

/// The same rules without any bookkeeping: everything is counted anew from the list of sockets.
private struct NaiveSpace {
    struct Suspect: Hashable {
        var destination: Destination
        var port: UInt16
        var since: Int
    }

    var limits: PortLimits
    var sockets: [Int: PortSpace.Socket] = [:]
    var sticky: Set<UInt16> = []
    var suspects: Set<Suspect> = []
    /// The connections of the sample before, and those above suspicion that it missed and the one before had.
    var before: Set<Suspect> = []
    var missed: Set<Suspect> = []

    var openPorts: Set<UInt16> {
        let owned = Set(sockets.values.filter(\.isExplicitOwner).map(\.local.port))
        return Set(limits.range.ports.filter { limits.mayChoose($0) && !owned.contains($0) && !sticky.contains($0) })
    }

    func isLow(_ port: UInt16) -> Bool { port % 2 == limits.range.first % 2 }

    func connections(to destination: Destination) -> [PortSpace.Socket] {
        sockets.values.filter {
            $0.table.transport == .tcp && !$0.isExplicitOwner && $0.destination == destination
        }
    }

    func use(of destination: Destination, at now: Int64) -> DestinationUse {
        let open = openPorts
        let all = connections(to: destination).filter { open.contains($0.local.port) }
        let reusable = all.filter {
            $0.state == .timeWait
                && TimeWaitReuse(limits).isReusable(destination, age: now - $0.timeWaitSince)
        }
        let blocked = Set(all.map(\.local.port)).subtracting(reusable.map(\.local.port))
        return DestinationUse(
            capacity: open.count, used: blocked.count,
            usedByTimeWait: all.filter { $0.state == .timeWait }.count - reusable.count, reusable: reusable.count,
            freeOfLowParity: open.filter { isLow($0) && !blocked.contains($0) }.count)
    }

    func bindPool(_ transport: TransportProtocol) -> BindPool {
        let ports = Set(sockets.values.filter { $0.table.transport == transport }.map(\.local.port))
        return BindPool(capacity: limits.choosable, used: ports.filter(limits.mayChoose).count)
    }

    /// Judges the sockets of `newcomers` while what goes in this round is still there.
    mutating func judge(_ newcomers: [PortSpace.Socket]) {
        for socket in newcomers where socket.table.transport == .tcp && !socket.isExplicitOwner {
            let open = openPorts
            guard open.contains(socket.local.port), !isLow(socket.local.port) else { continue }
            if missed.contains(where: { $0.destination == socket.destination && $0.port == socket.local.port }) {
                continue
            }
            let low = open.filter(isLow)
            let taken = low.intersection(connections(to: socket.destination).map(\.local.port))
            if taken.count < low.count {
                suspects.insert(
                    Suspect(destination: socket.destination, port: socket.local.port, since: socket.since))
            }
        }
    }

    mutating func finish(round: Int) {
        let tcp = sockets.values.filter { $0.table.transport == .tcp }
        let now = Set(
            tcp.filter { !$0.isExplicitOwner }.map {
                Suspect(destination: $0.destination, port: $0.local.port, since: $0.since)
            })
        missed = before.subtracting(suspects).filter { old in
            !now.contains { $0.destination == old.destination && $0.port == old.port }
        }
        before = now
        suspects.formIntersection(now)
        guard limits.kernel < KernelVersion(6, 18) else { return }
        sticky.formIntersection(tcp.filter { $0.since < round }.map(\.local.port))
        sticky.formUnion(tcp.filter(\.isExplicitOwner).map(\.local.port))
    }
}

@Suite struct PortSpacePropertyTests {
    @Test(arguments: Array(0..<24))
    func `a replay gives what a recount of every sample gives`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let kernel = seed % 2 == 0 ? "6.18.0" : "6.1.0"
        var limits = Self.limits(kernel, &random)
        var space = PortSpace(limits)
        var naive = NaiveSpace(limits: limits)
        var places: [Int: PortSpace.Place] = [:]
        var nextID = 0
        var now: Int64 = 1_000_000
        for round in 1...120 {
            now += Int64.random(in: 100...3000, using: &random)
            if random.oneIn(15) {
                limits = Self.limits(kernel, &random)
                space.setLimits(limits)
                naive.limits = limits
            }
            var going: [Int] = []
            var coming: [PortSpace.Socket] = []
            for (id, socket) in naive.sockets.sorted(by: { $0.key < $1.key }) where random.oneIn(6) {
                going.append(id)
                guard socket.state == .established, random.oneIn(2) else { continue }
                var next = socket
                next.state = .timeWait
                next.timeWaitSince = now - Int64.random(in: 0...2000, using: &random)
                coming.append(next)
            }
            let stays = naive.sockets.filter { !going.contains($0.key) }.values
            var taken = Set((stays + coming).filter { !$0.isExplicitOwner }.map(Self.tuple))
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let socket = Self.socket(round, &random)
                if socket.isExplicitOwner || taken.insert(Self.tuple(socket)).inserted { coming.append(socket) }
            }

            for socket in coming {
                places[nextID] = space.insert(socket)
                naive.sockets[nextID] = socket
                nextID += 1
            }
            space.judgeNewcomers()
            naive.judge(coming.filter { $0.since == round })
            for id in going {
                if let place = places.removeValue(forKey: id) { space.remove(place) }
                naive.sockets[id] = nil
            }
            space.finish(at: now)
            naive.finish(round: round)

            for (number, destination) in space.destinations.enumerated() {
                #expect(space.use(of: number) == naive.use(of: destination, at: now), "seed \(seed), round \(round)")
            }
            #expect(space.capacity == naive.openPorts.count, "seed \(seed), round \(round)")
            let isEven = space.limits.range.count % 2 == 0
            #expect(space.isCertain == (isEven && naive.suspects.isEmpty), "seed \(seed), round \(round)")
            #expect(space.bindPool(.tcp) == naive.bindPool(.tcp), "seed \(seed), round \(round)")
            #expect(space.bindPool(.udp) == naive.bindPool(.udp), "seed \(seed), round \(round)")
        }
    }

    private static func limits(_ kernel: String, _ random: inout SeededGenerator) -> PortLimits {
        let first = UInt16.random(in: 1000...1010, using: &random)
        var limits = PortLimits.range(first, first + UInt16.random(in: 3...14, using: &random), kernel: kernel)
        limits.reserved = PortSet((0..<2).map { _ in UInt16.random(in: 1000...1024, using: &random) })
        limits.timeWaitReuse = Int.random(in: 0...2, using: &random)
        limits.timestamps = random.oneIn(4) ? 0 : 1
        limits.timeWaitReuseDelay = Int.random(in: 0...4000, using: &random)
        return limits
    }

    private static func tuple(_ socket: PortSpace.Socket) -> [String] {
        ["\(socket.local)", "\(socket.remote)", "\(socket.table.transport)"]
    }

    private static func socket(_ round: Int, _ random: inout SeededGenerator) -> PortSpace.Socket {
        let port = UInt16.random(in: 998...1026, using: &random)
        let kind = Int.random(in: 0..<10, using: &random)
        var socket: PortSpace.Socket =
            switch kind {
            case 0: .listener(port)
            case 1: .accepted(port)
            case 2: .udp(port)
            default:
                .outgoing(
                    port, from: random.oneIn(3) ? "10.0.0.1" : "127.0.0.1",
                    to: random.oneIn(3) ? "10.0.0.2" : "127.0.0.1", UInt16.random(in: 80...81, using: &random))
            }
        socket.since = round
        return socket
    }
}
