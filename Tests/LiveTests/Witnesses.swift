import PortModel
import ProcFS
import SockDiag
import Testing

/// One reading of each, of the namespace of the calling thread.
struct Witnesses {
    let before: SocketReading
    let diag: SockDiagReading
    let after: SocketReading

    init() throws {
        before = ProcFS().sockets(netPath: "thread-self/net")
        diag = try SockDiag().sockets()
        after = ProcFS().sockets(netPath: "thread-self/net")
    }

    /// Timers are read one after the other: hundredths of a second.
    private static let tolerance: UInt32 = 30

    /// What stood in /proc before and after stands in sock_diag, and what sock_diag has stood there before or after.
    func expectAgreement(_ what: String) throws {
        #expect(before.failures.isEmpty && after.failures.isEmpty)
        #expect(diag.malformed == 0 && !diag.isInterrupted)
        let told = Self.counts(diag.sockets.lazy.filter { !$0.isBoundOnly }.map(\.row))
        let (first, last) = (Self.counts(before.rows), Self.counts(after.rows))
        for (row, timers) in first where last[row]?.count == timers.count {
            #expect(told[row]?.count == timers.count, "\(what): \(row)")
            for (timer, other) in zip(timers, told[row] ?? []) {
                #expect(timer >= other && timer - other <= Self.tolerance, "\(what): \(row)")
            }
        }
        for row in told.keys { #expect(first[row] != nil || last[row] != nil, "\(what): \(row)") }
    }

    /// How often a row is there, with its timers; without what the kernel fills in differently where there is no inode.
    private static func counts(_ rows: some Sequence<SocketRow>) -> [SocketRow: [UInt32]] {
        var counts: [SocketRow: [UInt32]] = [:]
        for row in rows {
            var key = row
            key.timerTicks = 0
            if row.state == .synReceived { key.uid = 0 }
            counts[key, default: []].append(row.timerTicks)
        }
        return counts.mapValues { $0.sorted() }
    }
}
