import Testing

@testable import PortModel

/// What is left of the sockets of a port.
@Suite struct BindCrowdTests {
    private func socket(_ address: UInt32, inode: UInt64, uid: UInt32 = 0) -> BoundSocket {
        BoundSocket(
            SocketRow(
                table: .udp, state: .close, local: Endpoint(IPAddress(ipv4: address), 123),
                remote: Endpoint(.anyIPv4, 0), uid: uid, inode: inode), role: .none)
    }

    /// A time server: one socket on the wildcard, and one on each address.
    private func server(_ addresses: UInt32) -> [BoundSocket] {
        [socket(0, inode: 1)] + (1...addresses).map { socket(0x0a00_0000 + $0, inode: UInt64($0) + 1) }
    }

    @Test("a server on sixty addresses is no more work than one on two, and nobody is forgotten")
    func addresses() {
        let crowd = BindCrowd(server(60), asked: .anyIPv4)
        #expect(crowd.sockets.count == 3 && crowd.places.count == 61)
        #expect(crowd.places.compactMap { $0 }.count == 61 && Set(crowd.places.compactMap { $0 }).count == 3)
        for (place, given) in zip(crowd.places, server(60)) {
            let isWildcard = place.map { crowd.sockets[$0].row.local.address.isWildcard }
            #expect(isWildcard == given.row.local.address.isWildcard)
        }
    }

    @Test("the address that is asked for, and what differs otherwise, stays apart")
    func asked() {
        let asked = IPAddress(ipv4: 0x0a00_0007)
        let crowd = BindCrowd(server(60) + [socket(0x0a00_0009, inode: 99, uid: 7)], asked: asked)
        // The wildcard, the asked address, two of those alike, and the one with another user's socket beside.
        #expect(crowd.sockets.count == 1 + 1 + 2 + 2)
        #expect(crowd.sockets.contains { $0.row.local.address == asked })
    }

    @Test("the verdict is that about all of them", arguments: [true, false])
    func verdict(reuses: Bool) {
        for address in [UInt32(0), 0x0a00_0007, 0x0a00_00ff] {
            let request = BindRequest(
                .udp, Endpoint(IPAddress(ipv4: address), 123), reuseAddress: reuses, uid: 0)
            let verdict = BindRules.judge(request, server(60), PortLimits(), nil)
            let few = BindRules.judge(request, server(8), PortLimits(), nil)
            #expect(verdict.outcome == few.outcome)
            let met = server(60).count {
                $0.row.local.address.isWildcard || address == 0 || $0.row.local.address == request.local.address
            }
            #expect(verdict.blockers.count == met)
        }
    }
}
