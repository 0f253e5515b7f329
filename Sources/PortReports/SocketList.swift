import PortHistory
import PortModel

/// Sockets whose documents are made when they are asked for: a list of a hundred thousand is held as the history has it,
/// and each document only while it is written.
///
/// It needs the history no more once it is made, so that no reader's transaction lasts as long as writing the list does.
public struct SocketList: Sendable {
    private var sockets: ArraySlice<SocketInterval> = []
    private var firstSeen: [Timestamp] = []
    private var lastSeen: [Timestamp] = []
    private var holders: [Int: HolderDocument] = [:]
    private var namespaces: [Int: String] = [:]

    /// No sockets.
    public init() {}

    /// A list of sockets of a history.
    init(_ sockets: ArraySlice<SocketInterval>, _ view: HistoryView) throws {
        let documents = SocketDocuments(view)
        firstSeen.reserveCapacity(sockets.count)
        lastSeen.reserveCapacity(sockets.count)
        for socket in sockets {
            firstSeen.append(try documents.clock[socket.socketFirst])
            lastSeen.append(try documents.clock[view.lastSeen(socket)])
            if namespaces[socket.namespace] == nil {
                namespaces[socket.namespace] = try view.namespaceName(socket.namespace)
            }
            if holders[socket.holder] == nil { holders[socket.holder] = try documents.holder(socket.holder) }
        }
        self.sockets = sockets
    }
}

extension SocketList: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { sockets.count }

    /// The document of a socket.
    public subscript(position: Int) -> SocketDocument {
        let socket = sockets[sockets.startIndex + position]
        return SocketDocument(
            socket, namespace: namespaces[socket.namespace] ?? "", holder: holders[socket.holder] ?? HolderDocument(),
            firstSeen: firstSeen[position], lastSeen: lastSeen[position])
    }
}

extension SocketList: Encodable {
    /// Encodes an array of documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for socket in self { try container.encode(socket) }
    }
}
