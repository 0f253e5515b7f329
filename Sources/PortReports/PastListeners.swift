import PortHistory
import PortModel

/// When there were listeners on a port, and so which connections on it are a server's.
struct PastListeners: Sendable {
    /// For how long before a connection began a listener still counts: an hour, in milliseconds.
    static let memory: Int64 = 3_600_000

    /// The last sample of the period.
    let end: Int
    private let spans: [BindKey: SampleSpans]

    /// What the listeners' intervals tell, up to the period's last sample.
    init(_ listeners: [SocketInterval], end: Int) {
        self.end = end
        spans = Dictionary(grouping: listeners, by: BindKey.init).mapValues { intervals in
            SampleSpans(intervals.map { min($0.first, $0.socketFirst)...$0.last })
        }
    }

    /// What a socket is to its port.
    func role(of socket: SocketInterval, time: (Int) throws -> Timestamp) rethrows -> PortRole {
        if socket.isListener { return .listener }
        return try hasListener(socket, time: time) ? .server : .client
    }

    /// Whether a listener that covers the socket's local address held the port when the socket was first seen or within the
    /// hour before, or still does at the end of the period.
    private func hasListener(_ socket: SocketInterval, time: (Int) throws -> Timestamp) rethrows -> Bool {
        let claim = BindKey(socket)
        for (key, spans) in spans where key.port == claim.port && key.local.address.covers(claim.local.address) {
            if spans.contains(end) { return true }
            guard let last = spans.previous(to: socket.socketFirst) else { continue }
            if try time(last) >= time(socket.socketFirst) - Self.memory { return true }
        }
        return false
    }
}
