import PortModel
import Testing

/// When two rows with the same endpoints are the same socket.
struct SocketContinuityTests {
    private func row(_ state: SocketState, inode: UInt64 = 0, ticks: UInt32 = 0) -> SocketRow {
        SocketRow(
            table: .tcp, state: state, local: Endpoint(IPAddress(ipv4: 1), 40000),
            remote: Endpoint(IPAddress(ipv4: 2), 80),
            inode: inode, timerTicks: ticks)
    }

    private func continues(_ earlier: SocketRow, _ later: SocketRow, after ticks: UInt32 = 1000) -> Bool {
        later.continues(earlier, elapsedTicks: ticks)
    }

    @Test("an inode decides where both rows have one")
    func inode() {
        #expect(continues(row(.established, inode: 1), row(.closeWait, inode: 1)))
        #expect(!continues(row(.established, inode: 1), row(.established, inode: 2)))
    }

    @Test("accept() gives a connection of the accept queue its inode; an orphan never gets one")
    func accepted() {
        #expect(continues(row(.synReceived), row(.established, inode: 1)))
        #expect(continues(row(.established), row(.closeWait, inode: 1)))
        #expect(!continues(row(.timeWait, ticks: 10), row(.established, inode: 1)))
        #expect(!continues(row(.finWait2), row(.synSent, inode: 1)))
    }

    @Test("a closed socket loses its inode on its way to TIME_WAIT, and a new handshake is no closing")
    func closed() {
        #expect(continues(row(.established, inode: 1), row(.timeWait, ticks: 5000)))
        #expect(continues(row(.finWait1, inode: 1), row(.finWait2)))
        #expect(!continues(row(.established, inode: 1), row(.synReceived)))
        #expect(!continues(row(.established, inode: 1), row(.established)))
    }

    @Test("a connection never goes back")
    func order() {
        #expect(continues(row(.finWait2), row(.timeWait, ticks: 6000)))
        #expect(!continues(row(.timeWait, ticks: 100), row(.finWait2)))
        #expect(!continues(row(.lastAck), row(.established)))
    }

    @Test("a TIME_WAIT with more of its 60 s left than it can have is a later one")
    func timeWait() {
        #expect(continues(row(.timeWait, ticks: 5000), row(.timeWait, ticks: 4000)))
        #expect(continues(row(.timeWait, ticks: 5000), row(.timeWait, ticks: 4050)))
        #expect(!continues(row(.timeWait, ticks: 5000), row(.timeWait, ticks: 5900)))
        #expect(!continues(row(.timeWait, ticks: 5000), row(.timeWait, ticks: 4500)))
        #expect(!continues(row(.timeWait, ticks: 5900), row(.timeWait, ticks: 5000), after: 360_000))
    }
}
