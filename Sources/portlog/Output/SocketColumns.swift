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
    static func socket(
        withNamespace: Bool, _ socket: @escaping (Entry) -> SocketDocument
    ) -> [TableColumn] {
        let namespace = TableColumn("NAMESPACE") { socket($0).namespace }
        let columns = [
            TableColumn("PROTO") { socket($0).table.fileName },
            TableColumn("STATE") { socket($0).stateName },
            TableColumn("LOCAL", align: .right) { socket($0).localText },
            TableColumn("REMOTE", align: .right) { socket($0).remoteText },
            TableColumn("UID", number: { socket($0).uid }),
            TableColumn("OWNER") { socket($0).ownerText },
        ]
        return (withNamespace ? [namespace] : []) + columns
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

    /// Who holds it: `nginx/1234`, with `(inherited)` behind it where that is not seen but concluded; empty when
    /// unknown.
    var ownerText: String {
        let names = owners.summary
        switch attribution {
        case .observed, .unknown: return names
        case .inherited, .inferred: return names.isEmpty ? "" : "\(names) (\(attribution.name))"
        }
    }

    /// An address and a port in one notation.
    static func text(_ address: String, _ port: UInt16) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

extension [OwnerDocument] {
    /// `command/pid` of each, as CSV lists them.
    var names: [String] { map { "\($0.owner.command)/\($0.owner.pid)" } }

    /// The same in a table's cell; of many the first three, and how many more there are.
    var summary: String {
        let shown = names.prefix(3).joined(separator: " ")
        return count > 3 ? "\(shown) and \(count - 3) more" : shown
    }
}

extension Sequence<SocketDocument> {
    /// Whether there is a socket of another namespace than the host's.
    var hasForeignNamespace: Bool { contains { $0.namespace != Snapshot.hostNamespace } }
}
