import PortModel

/// Where listeners stand and stood, by namespace, protocol and port: what tells an accepted connection from an outgoing one.
struct ListenerMemory {
    /// A port on which listeners stand, or stood.
    struct Port: Hashable {
        var namespace: Int16
        var transport: TransportProtocol
        var number: UInt16
    }

    /// How many listeners stand on a port now, and when the last one did.
    struct Presence {
        /// Listeners in the sample at hand.
        var count = 0
        /// The last sample that saw one; meaningful when ``count`` is 0.
        var last = 0
        /// The holder of the listener that left last.
        var holder: Int32 = 0
    }

    private var ports: [Port: Presence] = [:]

    /// What is known of a port.
    subscript(port: Port) -> Presence? { ports[port] }

    /// A listener stands there from this sample on.
    mutating func opened(_ port: Port) { ports[port, default: Presence()].count += 1 }

    /// A namespace is gone, and nobody asks any more who stood in it.
    mutating func forget(namespace: Int) { ports = ports.filter { Int($0.key.namespace) != namespace } }

    /// A listener stood there until this sample.
    mutating func closed(_ port: Port, last: Int, holder: Int32) {
        var presence = ports[port, default: Presence()]
        presence.count = max(0, presence.count - 1)
        presence.last = last
        presence.holder = holder
        ports[port] = presence
    }
}

extension ListenerMemory.Port {
    /// The port that a socket stands on.
    init(_ row: SocketRow, _ namespace: Int16) {
        self.init(namespace: namespace, transport: row.table.transport, number: row.local.port)
    }
}
