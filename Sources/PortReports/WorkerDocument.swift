import PortModel

/// A process that serves a port, and how many connections it holds there: with several of them an uneven spread shows.
public struct WorkerDocument: Hashable, Sendable, Encodable {
    /// The process.
    public var owner: PortOwner
    /// How many accepted connections it holds.
    public var connections: Int

    private enum CodingKeys: String, CodingKey {
        case pid, command, connections
    }

    /// Encodes who it is and how many.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(owner.pid, forKey: .pid)
        try container.encode(owner.command, forKey: .command)
        try container.encode(connections, forKey: .connections)
    }
}
