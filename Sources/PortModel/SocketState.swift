/// The state of a socket, as the `st` column of /proc/net/{tcp,udp} and their IPv6 siblings gives it.
///
/// The raw values are the kernel's (include/net/tcp_states.h). UDP uses two of them with another meaning:
/// 01 for a connected socket and 07 for one without a peer; ``name(in:)`` tells them apart.
public enum SocketState: UInt8, Hashable, Sendable, CaseIterable {
    case established = 1
    case synSent = 2
    /// Half-open: the SYN was answered and the handshake is not finished. Stands without an inode.
    case synReceived = 3
    case finWait1 = 4
    /// Also the kernel's mini-socket of an orphan in FIN_WAIT_2, which has no inode and is no TIME_WAIT.
    case finWait2 = 5
    case timeWait = 6
    /// TCP: CLOSE. UDP: no peer.
    case close = 7
    case closeWait = 8
    case lastAck = 9
    case listen = 10
    case closing = 11

    /// The field's name of the state in snake case: `time_wait`; 07 is `close` for TCP and `unconnected` for UDP.
    public func name(in transport: TransportProtocol) -> String {
        switch self {
        case .established: "established"
        case .synSent: "syn_sent"
        case .synReceived: "syn_received"
        case .finWait1: "fin_wait_1"
        case .finWait2: "fin_wait_2"
        case .timeWait: "time_wait"
        case .close: transport == .udp ? "unconnected" : "close"
        case .closeWait: "close_wait"
        case .lastAck: "last_ack"
        case .listen: "listen"
        case .closing: "closing"
        }
    }
}
