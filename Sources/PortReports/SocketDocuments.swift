import PortHistory
import PortModel

/// Makes documents of sockets. It remembers owners and times, so that a hundred thousand sockets ask for each once.
public final class SocketDocuments {
    private let view: HistoryView
    /// When the samples were taken.
    let clock: SampleClock
    private var holders: [Int: HolderDocument] = [:]

    /// Documents of the sockets of a history.
    public init(_ view: HistoryView, clock: SampleClock? = nil) {
        self.view = view
        self.clock = clock ?? SampleClock(view)
    }

    /// The document of a socket.
    ///
    /// - Parameters:
    ///   - firstSeen: the first sample that saw it, where that is not ``PortHistory/SocketInterval/socketFirst``.
    ///   - lastSeen: the last sample that saw it; looked up when it is not given.
    ///   - number: who held it, where that is not the interval's holder.
    public func document(
        of interval: SocketInterval, firstSeen: Int? = nil, lastSeen: Int? = nil, holder number: Int? = nil,
        showsMappedAsIPv4: Bool = false
    ) throws -> SocketDocument {
        let last = try lastSeen ?? view.lastSeen(interval)
        return SocketDocument(
            interval, namespace: try view.namespaceName(interval.namespace),
            holder: try holder(number ?? interval.holder), firstSeen: try clock[firstSeen ?? interval.socketFirst],
            lastSeen: try clock[last], showsMappedAsIPv4: showsMappedAsIPv4)
    }

    /// Who held a socket.
    func holder(_ number: Int) throws -> HolderDocument {
        if let known = holders[number] { return known }
        let document = HolderDocument(try view.holder(number))
        holders[number] = document
        return document
    }
}

extension SocketDocument {
    /// The document of an interval, with what the history's other tables say about it.
    init(
        _ interval: SocketInterval, namespace: String, holder: HolderDocument, firstSeen: Timestamp,
        lastSeen: Timestamp, showsMappedAsIPv4: Bool = false
    ) {
        self.init(
            namespace: namespace, table: interval.table, state: interval.state, local: interval.local,
            remote: interval.remote.isNone ? nil : interval.remote, showsMappedAsIPv4: showsMappedAsIPv4,
            uid: holder.uid, inode: interval.inode == 0 ? nil : interval.inode, owners: holder.owners,
            attribution: holder.attribution, firstSeen: firstSeen, lastSeen: lastSeen)
    }
}
