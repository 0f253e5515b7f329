import PortHistory
import PortModel
import Testing

/// Connections on the port of a listener that has gone, as alerts follow them.
struct StrayTests {
    @Test("a thief is followed through its states, and what the listener had accepted is none")
    func thief() throws {
        let run = try HandwrittenRun()
        let accepted = SocketRow.accepted(8080)
        try run.sample([.listener(8080), accepted])
        try run.sample([accepted])
        let thief = SocketRow.connection(8080, to: 5)
        try run.sample([accepted, thief])
        #expect(run.writer.outgoing(namespace: 0, on: 8080).map(\.row) == [thief])
        #expect(run.writer.outgoing(namespace: 0, on: 8081).isEmpty && run.writer.isOpen(thief, namespace: 0))
        var timeWait = thief
        (timeWait.state, timeWait.inode, timeWait.uid, timeWait.timerTicks) = (.timeWait, 0, 0, 5900)
        try run.sample([accepted, timeWait])
        #expect(run.writer.isOpen(thief, namespace: 0) && !run.writer.isOpen(thief, namespace: 1))
        try run.sample([accepted])
        #expect(!run.writer.isOpen(thief, namespace: 0) && run.writer.isOpen(accepted, namespace: 0))
        #expect(run.writer.outgoing(namespace: 0, on: 8080).isEmpty)
    }
}
