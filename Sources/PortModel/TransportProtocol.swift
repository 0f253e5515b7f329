/// A transport protocol with ports. TCP and UDP have a port space each; they never conflict with one another.
public enum TransportProtocol: String, Hashable, Sendable, CaseIterable, Codable {
    /// TCP: a connected socket is told apart by its four-tuple.
    case tcp
    /// UDP: a socket is told apart by its local address and port.
    case udp
}
