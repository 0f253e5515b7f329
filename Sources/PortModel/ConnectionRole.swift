/// Which side of a connection a socket is. The raw value is stored in the history and never changes its meaning.
public enum ConnectionRole: UInt8, Hashable, Sendable {
    /// No connection: a listener, or a UDP socket without a peer.
    case none = 0
    /// It called connect(): the kernel or the program chose its local port.
    case outgoing = 1
    /// accept() returned it, or will: it shares the local port of a listener, also after that has gone.
    case accepted = 2
}
