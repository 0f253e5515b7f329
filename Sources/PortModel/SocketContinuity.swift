extension SocketRow {
    /// Whether this row is the same socket as `earlier`, a row of the sample before with the same local and remote endpoint.
    ///
    /// The inode tells sockets apart where there is one. A connection in the accept queue has none and gets one at accept(); an
    /// orphan and a TIME_WAIT have lost theirs. Where the inode cannot tell, the states can: a connection never moves back towards
    /// its beginning, so one that seems to is another connection with the same four-tuple. A TIME_WAIT that has more of its time left
    /// than it can have is a later one.
    ///
    /// - Parameter elapsedTicks: Hundredths of a second between the two readings.
    public func continues(_ earlier: SocketRow, elapsedTicks: UInt32) -> Bool {
        if earlier.inode != 0, inode != 0 { return earlier.inode == inode }
        if !isConnectedTCP || !earlier.isConnectedTCP { return earlier.inode == inode }
        if earlier.inode != 0 { return state.isClosing && state.progress >= earlier.state.progress }
        if inode != 0 { return !earlier.state.isClosing }
        if state == .timeWait, earlier.state == .timeWait {
            return Int(timerTicks) + Int(elapsedTicks) <= Int(earlier.timerTicks) + Self.timerSlack
        }
        return state.progress >= earlier.state.progress
    }

    /// How far the timer may be off, in hundredths of a second: a table takes its time to be read. No four-tuple in TIME_WAIT is used
    /// again before a second has passed.
    private static let timerSlack = 100
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
