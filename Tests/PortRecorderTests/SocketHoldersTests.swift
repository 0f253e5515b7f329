import Testing

@testable import PortRecorder

/// Who holds which socket.
struct SocketHoldersTests {
    @Test("each process counts once for a socket, and is forgotten once")
    func once() {
        var holders = SocketHolders()
        let added = [(7, 3), (8, 4), (8, 5), (7, 9)].map { pid, number in
            holders.add(.init(pid: pid, number: number), of: 11)
        }
        #expect(added == [true, true, false, false])
        #expect(holders.descriptors(of: 11).map(\.pid) == [7, 8])
        let removed = [7, 7, 9, 8, 8].map { holders.remove($0, from: 11) }
        #expect(removed == [true, false, false, true, false])
        #expect(!holders.isHeld(11))
    }

    @Test("the first holder's place is taken by the next, and a socket is forgotten with all its holders")
    func handedOn() {
        var holders = SocketHolders()
        for pid in [7, 8, 9] as [Int32] { _ = holders.add(.init(pid: pid, number: 3), of: 11) }
        let isRemoved = holders.remove(7, from: 11)
        #expect(isRemoved)
        #expect(holders.descriptors(of: 11).map(\.pid) == [8, 9])
        #expect(holders.inodes(of: [9]) == [11])
        let left = holders.remove(11)
        #expect(left.count == 2)
        #expect(holders.shared.isEmpty && !holders.isHeld(11))
    }
}
