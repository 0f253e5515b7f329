import PortModel
import PortReports

// How a socket looks wherever one is listed: the commands add their own columns to these.

extension CSVColumn {
    /// The columns of a socket.
    ///
    /// - Parameter socket: The socket of an entry: `CSVColumn.socket(\.self)` for a list of sockets.
    static func socket(_ socket: @escaping (Entry) -> SocketDocument) -> [CSVColumn] {
        let columns: [CSVColumn<SocketDocument>] = [
            CSVColumn<SocketDocument>("namespace", \.namespace),
            CSVColumn<SocketDocument>("protocol", \.transport.rawValue),
            CSVColumn<SocketDocument>("family", \.table.family.rawValue),
            CSVColumn<SocketDocument>("state", \.stateName),
            CSVColumn<SocketDocument>("local_address", \.localAddress),
            CSVColumn<SocketDocument>("local_port", \.local.port),
            CSVColumn<SocketDocument>("remote_address", \.remoteAddress),
            CSVColumn<SocketDocument>("remote_port", \.remote?.port),
            CSVColumn<SocketDocument>("uid", \.uid),
            CSVColumn<SocketDocument>("inode", \.inode),
            CSVColumn<SocketDocument>("owners", \.owners.names),
            CSVColumn<SocketDocument>("attribution", \.attribution.name),
            CSVColumn<SocketDocument>("first_seen", \.firstSeen),
            CSVColumn<SocketDocument>("last_seen", \.lastSeen),
        ]
        return columns.map { column in CSVColumn(column.name) { column.value(socket($0)) } }
    }
}

extension TableColumn {
    /// The columns of a socket: protocol, state, addresses, user, owners. The namespace stands first where there is
    /// another one than the host's in the list.
    ///
    /// - Parameters:
    ///   - sockets: All sockets of the list.
    ///   - showsState: False where all are listeners.
    ///   - socket: The socket of an entry.
    static func socket(
        among sockets: some Sequence<SocketDocument>, showsState: Bool = true,
        _ socket: @escaping (Entry) -> SocketDocument
    ) -> [TableColumn] {
        var columns = namespace(among: sockets.lazy.map(\.namespace)) { socket($0).namespace }
        columns.append(TableColumn("PROTO") { socket($0).table.fileName })
        if showsState { columns.append(TableColumn("STATE") { socket($0).stateName }) }
        columns.append(TableColumn("LOCAL", align: .right) { socket($0).localText })
        if showsState { columns.append(TableColumn("REMOTE", align: .right) { socket($0).remoteText }) }
        columns.append(TableColumn("UID", number: { socket($0).uid }))
        return columns + owners(among: sockets.lazy.map(\.holders)) { socket($0).holders }
    }

    /// The column of the namespace; none where all are the host's own.
    static func namespace(
        among namespaces: some Sequence<String>, _ namespace: @escaping (Entry) -> String
    ) -> [TableColumn] {
        namespaces.contains { $0 != Snapshot.hostNamespace } ? [TableColumn("NAMESPACE", namespace)] : []
    }

    /// The columns of owners: the unit or container, where there is any in the list, then the program.
    static func owners(
        among all: some Sequence<OwnerCells>, _ owners: @escaping (Entry) -> OwnerCells
    ) -> [TableColumn] {
        let unit = TableColumn("UNIT") { owners($0).place }
        let program = TableColumn("PROGRAM") { owners($0).program }
        return all.contains { $0.hasPlace } ? [unit, program] : [program]
    }
}

extension SocketDocument {
    /// `10.0.0.1:80`, `[::1]:80`.
    var localText: String { Self.text(localAddress, local.port) }

    /// The peer likewise; empty without one.
    var remoteText: String {
        guard let remote, let remoteAddress else { return "" }
        return Self.text(remoteAddress, remote.port)
    }

    /// Who holds it.
    var holders: OwnerCells { OwnerCells(owners: owners, attribution: attribution.name) }

    /// An address and a port in one notation.
    static func text(_ address: String, _ port: UInt16) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
