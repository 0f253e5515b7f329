import PortModel

/// On which addresses and ports several UDP sockets stand at once, or stood while one of them is there: those are asked for over
/// long periods, and kept with the listeners.
struct DatagramSharing {
    private struct Place: Hashable {
        var namespace: Int16
        var local: Endpoint
    }

    private struct Sockets {
        var count = 0
        var isShared = false
    }

    private var places: [Place: Sockets] = [:]

    /// A UDP socket came.
    mutating func insert(_ socket: OpenSocket) {
        guard socket.row.table.transport == .udp else { return }
        let place = Place(namespace: socket.namespace, local: socket.row.local)
        var sockets = places[place] ?? Sockets()
        sockets.count += 1
        sockets.isShared = sockets.isShared || sockets.count > 1
        places[place] = sockets
    }

    /// A UDP socket is gone.
    mutating func remove(_ socket: OpenSocket) {
        guard socket.row.table.transport == .udp else { return }
        let place = Place(namespace: socket.namespace, local: socket.row.local)
        guard var sockets = places[place] else { return }
        sockets.count -= 1
        places[place] = sockets.count > 0 ? sockets : nil
    }

    /// Whether a UDP socket shares its place, or has.
    func isShared(_ socket: OpenSocket) -> Bool {
        places[Place(namespace: socket.namespace, local: socket.row.local)]?.isShared ?? false
    }
}
