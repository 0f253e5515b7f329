import PortHistory
import PortModel

/// Makes documents of sockets. It remembers owners and times, so that a hundred thousand sockets ask for each once.
public final class SocketDocuments {
    private let view: HistoryView
    private let clock: SampleClock
    private var owners: [Int: [OwnerDocument]] = [:]

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
    ///   - holder: who held it, where that is not the interval's holder.
    public func document(
        of interval: SocketInterval, firstSeen: Int? = nil, lastSeen: Int? = nil, holder number: Int? = nil,
        showsMappedAsIPv4: Bool = false
    ) throws -> SocketDocument {
        let holder = try view.holder(number ?? interval.holder)
        let last = try lastSeen ?? view.lastSeen(interval)
        return SocketDocument(
            namespace: try view.namespaceName(interval.namespace), table: interval.table, state: interval.state,
            local: interval.local, remote: interval.remote.isNone ? nil : interval.remote,
            showsMappedAsIPv4: showsMappedAsIPv4, uid: holder.uid, inode: interval.inode == 0 ? nil : interval.inode,
            owners: try owners(of: number ?? interval.holder), attribution: holder.ownership.attribution,
            firstSeen: try clock[firstSeen ?? interval.socketFirst], lastSeen: try clock[last])
    }

    /// The processes of a holder.
    public func owners(of holder: Int) throws -> [OwnerDocument] {
        if let known = owners[holder] { return known }
        let documents = try view.holder(holder).ownership.owners.map(OwnerDocument.init)
        owners[holder] = documents
        return documents
    }
}
