import PortModel
import Testing

/// The memory of what stands open, as it grows and shrinks.
struct OpenSocketsTests {
    @Test("a TIME_WAIT becomes reusable also after a burst of sockets has gone")
    func burst() throws {
        let run = try HandwrittenRun()
        let loopback = IPAddress(ipv4: 0x7f00_0001)
        var rows = (0..<4000).map { number in
            SocketRow(
                table: .tcp, state: .established, local: Endpoint(loopback, 40_000 + UInt16(number)),
                remote: Endpoint(loopback, 80), uid: 1, inode: UInt64(number) + 1)
        }
        try run.sample(rows)
        rows = rows.suffix(500)
        for index in rows.indices {
            rows[index].state = .timeWait
            rows[index].inode = 0
            rows[index].timerTicks = 6000
        }
        let used = "SELECT level FROM minute JOIN series ON id = series WHERE kind = 3 ORDER BY first DESC LIMIT 1"
        try run.sample(rows, after: 1000)
        #expect(try run.numbers(used) == [500])
        for index in rows.indices { rows[index].timerTicks = 5800 }
        try run.sample(rows, after: 2000)
        #expect(try run.numbers(used) == [0])
    }
}
