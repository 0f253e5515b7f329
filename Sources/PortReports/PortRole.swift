/// What a socket was to the port that it held.
public enum PortRole: String, Hashable, Sendable, Encodable {
    /// It takes new peers.
    case listener
    /// A connection on the port of a listener.
    case server
    /// Any other connection.
    case client
}
