import PortHistory
import PortModel

/// How several processes or sockets share an address and port.
public enum PortSharing: String, Hashable, Sendable, Encodable {
    /// One socket of one process, or of none that is known.
    case none
    /// One socket of several processes: they inherited it by fork().
    case inherited
    /// Several sockets on the address and port, which SO_REUSEPORT allows.
    case reuseport
}

/// Who listens at one moment: TCP listeners and UDP sockets without a peer.
public struct ListenersReport: Encodable, Sendable {
    /// `listeners`.
    public var command = "listeners"
    /// The recorded host.
    public var host: String
    /// The moment asked for.
    public var at: Timestamp
    /// The sample that answers.
    public var sample: SampleDocument
    /// How many the limit left out.
    public var omitted: Int
    /// The listeners by protocol, family, local port and local address.
    public var listeners: [Entry]

    /// A listener.
    public struct Entry: Hashable, Sendable, Encodable {
        /// The socket.
        public var socket: SocketDocument
        /// The class of its port, in the range that its namespace had.
        public var portClass: PortClass
        /// How it is shared.
        public var sharing: PortSharing
        /// Its processes, and how many of the connections on its address and port each of them holds; the busiest first. Empty of
        /// UDP, where no process is known, and where samples are no longer kept.
        public var workers: [WorkerDocument]

        /// The socket with its processes in the order of ``workers``, so that a table has both in one order.
        public var socketByWorkers: SocketDocument {
            var socket = socket
            if socket.owners.count < 2 || socket.owners.count != workers.count { return socket }
            let places = Dictionary(
                workers.enumerated().map { (ProcessKey($1.owner), $0) }, uniquingKeysWith: { first, _ in first })
            socket.owners.sort { (places[ProcessKey($0.owner)] ?? 0) < (places[ProcessKey($1.owner)] ?? 0) }
            return socket
        }

        private enum CodingKeys: String, CodingKey {
            case portClass = "port_class"
            case sharing, workers
        }

        /// Encodes the socket's fields and its own as one object.
        public func encode(to encoder: any Encoder) throws {
            try socket.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(portClass, forKey: .portClass)
            try container.encode(sharing, forKey: .sharing)
            try container.encode(workers, forKey: .workers)
        }
    }

    /// Answers from a history.
    ///
    /// - Throws: ``NoSampleError`` when there is no sample at that moment.
    public static func make(_ view: HistoryView, _ query: InstantQuery) throws -> ListenersReport {
        let instant = try Instant(view, at: query.at, mayBeRolledUp: true)
        let sample = instant.number
        var listeners: [SocketInterval] = []
        var counts = WorkerCounts()
        let take: (SocketInterval) -> Void = { interval in
            if interval.isListener { listeners.append(interval) } else { counts.insert(interval) }
        }
        if instant.isKept {
            try view.intervals(in: sample...sample, matching: query.filter, take)
        } else {
            try view.listeners(in: sample...sample, matching: query.filter, take)
        }
        let shown = listeners.sorted { $0.isOrdered(before: $1) }.limited(to: query.limit)
        let sockets = socketsByClaim(listeners)
        var ranges: [Int: PortRange] = [:]
        for change in try view.limits(in: sample...sample) { ranges[change.namespace] = change.limits.range }
        let documents = SocketDocuments(view)
        return ListenersReport(
            host: try view.host(), at: instant.at, sample: instant.document, omitted: listeners.count - shown.count,
            listeners: try shown.map { listener in
                let workers = instant.isKept ? try counts.workers(of: listener, view.holder) : []
                return Entry(
                    socket: try documents.document(of: listener),
                    portClass: PortClass(of: listener.local.port, range: ranges[listener.namespace] ?? .standard),
                    sharing: sharing(
                        sockets: sockets[BindKey(listener)] ?? 1,
                        processes: try view.holder(listener.holder).ownership.owners.count),
                    workers: workers)
            })
    }

    /// How many sockets stand on each address and port.
    static func socketsByClaim(_ listeners: [SocketInterval]) -> [BindKey: Int] {
        Dictionary(grouping: listeners, by: BindKey.init).mapValues(\.count)
    }

    /// How a listener is shared.
    static func sharing(sockets: Int, processes: Int) -> PortSharing {
        sockets > 1 ? .reuseport : processes > 1 ? .inherited : .none
    }
}
