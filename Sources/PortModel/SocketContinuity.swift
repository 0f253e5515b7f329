extension SocketRow {
    /// Whether this row is the same socket as `earlier`, a row of the sample before with the same local and remote endpoint.
    ///
    /// The inode tells sockets apart where there is one. A connection in the accept queue has none and gets one at accept(); an
    /// orphan and a TIME_WAIT have lost theirs. Where the inode cannot tell, the states can: a connection never moves back towards
    /// its beginning, so one that seems to is another connection with the same four-tuple.
    public func continues(_ earlier: SocketRow) -> Bool {
        if earlier.inode != 0, inode != 0 { return earlier.inode == inode }
        if !isConnectedTCP || !earlier.isConnectedTCP { return earlier.inode == inode }
        if earlier.inode != 0 { return state.isClosing && state.progress >= earlier.state.progress }
        if inode != 0 { return !earlier.state.isClosing }
        if state == .timeWait, earlier.state == .timeWait { return timerTicks <= earlier.timerTicks + Self.timerSlack }
        return state.progress >= earlier.state.progress
    }

    /// A running timer only ever falls; half a second allows for the kernel's rounding. A TIME_WAIT whose timer rose is a new one:
    /// its four-tuple was used again between two samples.
    private static let timerSlack: UInt32 = 50
}

extension SocketState {
    /// The program has closed the socket, so that it may stand without a descriptor.
    fileprivate var isClosing: Bool {
        switch self {
        case .finWait1, .finWait2, .closing, .lastAck, .timeWait: true
        default: false
        }
    }

    /// How far a connection has come on its way from SYN to TIME_WAIT (RFC 9293 §3.3.2).
    fileprivate var progress: Int {
        switch self {
        case .synSent, .synReceived, .listen, .close: 0
        case .established: 1
        case .closeWait, .finWait1: 2
        case .finWait2, .closing, .lastAck: 3
        case .timeWait: 4
        }
    }
}
