import PortModel

/// A socket that the newest sample saw, and the interval that it is in: the memory of what stands in table `open_interval`.
/// 88 bytes: the order of the properties leaves no gaps.
struct OpenSocket {
    /// The row as last read; only ``PortModel/SocketRow/timerTicks`` changes while the interval stays open.
    var row: SocketRow
    /// The namespace.
    var namespace: Int16 = 0
    /// `open_interval.id`; 0 while the socket is new and not written yet.
    var id: Int64 = 0
    /// The first sample of the interval.
    var first: Int32 = 0
    /// The first sample of the socket in any state.
    var socketFirst: Int32 = 0
    /// `flow.id`.
    var flow: Int32 = 0
    /// `holder.id`.
    var holder: Int32 = 0
    /// The comparison that saw the socket last; 0 in a free slot.
    var seen: UInt32 = 0
    /// Hundredths of a second that a TIME_WAIT had lasted at ``first``.
    var timeWaitAge: UInt16 = 0
    /// Which side of a connection it is.
    var role: ConnectionRole = .none
    /// What the rollups know of it.
    private var flags: UInt8 = 0

    /// It is in TIME_WAIT and may be reused, so that it blocks no port.
    var isReusable: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }

    /// It counts as a listener of a service.
    var isService: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }

    /// Whether it is a TCP listener.
    var isTCPListener: Bool { row.state == .listen && row.table.transport == .tcp }

    /// A socket that has just been read.
    init(row: SocketRow) { self.row = row }
}

extension SocketRow {
    /// Hundredths of a second that a TIME_WAIT has lasted: 60 s (TCP_TIMEWAIT_LEN) less what its timer has left.
    var timeWaitAge: UInt16 {
        state == .timeWait && timerTicks > 0 ? UInt16(clamping: 6000 - min(6000, Int(timerTicks))) : 0
    }
}
