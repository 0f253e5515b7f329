import PortModel

/// Processes that serve a port, and how many connections each of them has.
struct Workers {
    private struct Worker {
        var owner: PortOwner
        /// The number of the holder that shows it so.
        var holder: Int
        var connections = 0
    }

    private var workers: [ProcessKey: Worker] = [:]

    /// None yet.
    init() {}

    /// Whether there are none.
    var isEmpty: Bool { workers.isEmpty }

    /// Whether a process is among them.
    func contains(_ owner: PortOwner) -> Bool { workers[ProcessKey(owner)] != nil }

    /// Adds a process with some connections. It is shown as the newest of its holders has it.
    mutating func add(_ owner: PortOwner, _ holder: Int, connections: Int) {
        var worker = workers[ProcessKey(owner)] ?? Worker(owner: owner, holder: holder)
        if holder > worker.holder { (worker.owner, worker.holder) = (owner, holder) }
        worker.connections += connections
        workers[ProcessKey(owner)] = worker
    }

    /// The busiest first, of those with equally many the lowest number.
    var busiestFirst: [WorkerDocument] {
        workers.values.map { WorkerDocument(owner: $0.owner, connections: $0.connections) }
            .sorted { ($1.connections, $0.owner.pid) < ($0.connections, $1.owner.pid) }
    }
}
