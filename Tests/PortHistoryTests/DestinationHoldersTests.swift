import PortModel
import Testing

@testable import PortHistory

/// Whose the ports towards a destination are, as alerts ask for it.
struct DestinationHoldersTests {
    private func connection(
        _ port: UInt16, to destination: UInt32, holder: Int32, _ change: (inout OpenSocket) -> Void = { _ in }
    ) -> OpenSocket {
        var socket = OpenSocket(row: .connection(port, to: destination))
        (socket.holder, socket.role) = (holder, .outgoing)
        change(&socket)
        return socket
    }

    private func place(_ destination: UInt32) -> RollupWriter.Place {
        .init(namespace: 0, destination: connection(1, to: destination, holder: 0).destination)
    }

    @Test("outgoing connections that have their port for themselves count, of one destination or of many at once")
    func counts() {
        var open = OpenSockets()
        for number in 0..<8 as Range<UInt32> {
            for port in 0..<5 as Range<UInt16> {
                open.restore(connection(40_000 + port, to: number, holder: port < 3 ? 7 : 8))
            }
            open.restore(connection(41_000, to: number, holder: 9) { $0.role = .accepted })
            open.restore(connection(41_001, to: number, holder: 9) { $0.isReusable = true })
            open.restore(connection(41_002, to: number, holder: 9) { $0.namespace = 3 })
        }
        var holders = DestinationHolders()
        for number in 0..<8 as Range<UInt32> {
            #expect(holders.counts(of: place(number), in: open) == [7: 3, 8: 2], "destination \(number)")
        }
        #expect(holders.counts(of: place(99), in: open).isEmpty)
    }
}
