import PortModel

/// A process that holds or held a socket, as JSON shows it: `owner` of docs/json-output.md.
public struct OwnerDocument: Hashable, Sendable {
    /// The process.
    public let owner: PortOwner

    /// The document of a process.
    public init(_ owner: PortOwner) {
        self.owner = owner
    }
}

extension OwnerDocument: Encodable {
    private enum CodingKeys: String, CodingKey {
        case pid
        case startedAt = "started_at"
        case command
        case executable
        case unit
        case container
        case uid
    }

    /// Encodes every field; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(owner.pid, forKey: .pid)
        try container.encode(owner.startedAt.rfc3339, forKey: .startedAt)
        try container.encode(owner.command, forKey: .command)
        try container.encode(orNull: owner.executable, forKey: .executable)
        try container.encode(orNull: owner.unit, forKey: .unit)
        try container.encode(orNull: owner.container, forKey: .container)
        try container.encode(owner.uid, forKey: .uid)
    }
}
