import PortModel

/// Which listeners stand on each port, and on which ports they have changed in the sample at hand.
struct ListenerBook {
    private var ports: [ListenerMemory.Port: [SampleFigures.Listening.Listener]] = [:]
    private var gone: [ListenerMemory.Port: [SampleFigures.Listening.Gone]] = [:]
    private var touched: Set<ListenerMemory.Port> = []

    /// Those that stand on a port.
    func listeners(on port: ListenerMemory.Port) -> [SampleFigures.Listening.Listener] { ports[port] ?? [] }

    /// A listener stands from now on, or has another holder.
    mutating func insert(_ socket: OpenSocket) {
        let port = ListenerMemory.Port(socket.row, socket.namespace)
        touched.insert(port)
        ports[port, default: []].append(Self.listener(socket))
    }

    /// A listener is gone, or about to have another holder.
    ///
    /// - Parameter age: for how long it was there, in milliseconds; `nil` while it stays.
    mutating func remove(_ socket: OpenSocket, age: Int64?) {
        let port = ListenerMemory.Port(socket.row, socket.namespace)
        let listener = Self.listener(socket)
        touched.insert(port)
        if var listeners = ports[port] {
            if let index = listeners.firstIndex(where: { $0.inode == listener.inode && $0.address == listener.address })
            {
                listeners.remove(at: index)
            }
            ports[port] = listeners.isEmpty ? nil : listeners
        }
        if let age { gone[port, default: []].append(.init(listener: listener, age: age)) }
    }

    /// A namespace is gone with all that stood in it: that its listeners are gone says nothing.
    mutating func forget(namespace: Int) {
        ports = ports.filter { Int($0.key.namespace) != namespace }
        gone = gone.filter { Int($0.key.namespace) != namespace }
        touched = touched.filter { Int($0.namespace) != namespace }
    }

    /// Takes every port for one that has changed.
    mutating func touchAll() { touched.formUnion(ports.keys) }

    /// Gives the ports that have changed, and begins the next sample.
    mutating func take() -> [SampleFigures.Listening] {
        defer {
            touched.removeAll(keepingCapacity: touched.count < 1024)
            gone.removeAll(keepingCapacity: gone.count < 1024)
        }
        return touched.map { port in
            SampleFigures.Listening(
                namespace: Int(port.namespace), transport: port.transport, port: port.number,
                listeners: ports[port] ?? [], gone: gone[port] ?? [])
        }
    }

    private static func listener(_ socket: OpenSocket) -> SampleFigures.Listening.Listener {
        .init(
            address: socket.row.local.address, inode: socket.row.inode, holder: Int(socket.holder), uid: socket.row.uid)
    }
}
