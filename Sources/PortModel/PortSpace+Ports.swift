/// Which ports are open to connect(), and the limits that say so.
extension PortSpace {
    var isSticky: Bool { limits.isSticky }

    /// Whether connect() may choose the port for some destination.
    func isOpen(_ port: UInt16) -> Bool {
        guard limits.mayChoose(port) else { return false }
        let state = ports[port]
        return state.explicit == 0 && !state.isSticky
    }

    /// Whether connect() tries the port in its first pass.
    public func hasLowParity(_ port: UInt16) -> Bool { (port ^ limits.range.first) & 1 == 0 }

    /// Counts a port as open or as closed from now on, for the namespace and each destination that has a four-tuple on it.
    mutating func flip(_ port: UInt16, open: Bool) {
        let sign: Int32 = open ? 1 : -1
        capacity += Int(sign)
        if hasLowParity(port) { capacityOfLowParity += Int(sign) }
        var slot = ports[port].firstTuple
        while slot >= 0 {
            count(slot, sign)
            slot = tuples[Int(slot)].next
        }
    }

    /// One TCP socket less stands on the port; its own kind has been counted out.
    mutating func leave(_ port: UInt16) {
        ports[port].tcp -= 1
        let state = ports[port]
        if state.tcp == 0 {
            ports[port].isSticky = false
            if limits.mayChoose(port) { usedByTCP -= 1 }
        } else if state.isSticky, state.explicit == 0 {
            left.append(port)
        }
    }

    /// Opens the sticky ports that were empty in between: those on which only sockets of this round stand.
    mutating func releaseStickyPorts() {
        for port in left where ports[port].isSticky && ports[port].explicit == 0 {
            var slot = ports[port].firstTuple
            while slot >= 0, tuples[Int(slot)].round == round { slot = tuples[Int(slot)].next }
            if slot >= 0 { continue }
            ports[port].isSticky = false
            if isOpen(port) { flip(port, open: true) }
        }
        left.removeAll(keepingCapacity: true)
    }

    /// Puts other limits in force. The work is that of all sockets and ports.
    public mutating func setLimits(_ limits: PortLimits) {
        if limits == self.limits { return }
        self.limits = limits
        reuse = TimeWaitReuse(limits)
        countPorts()
        countConnections()
    }

    /// Counts the range's ports anew.
    mutating func countPorts() {
        (capacity, capacityOfLowParity, usedByTCP, usedByUDP) = (0, 0, 0, 0)
        for port in limits.range.ports where limits.mayChoose(port) {
            let state = ports[port]
            if state.tcp > 0 { usedByTCP += 1 }
            if state.udp > 0 { usedByUDP += 1 }
            if !isOpen(port) { continue }
            capacity += 1
            if hasLowParity(port) { capacityOfLowParity += 1 }
        }
    }
}

extension PortLimits {
    /// Before Linux 6.18 a port that had an explicit owner stays closed until no socket is left on it.
    var isSticky: Bool { kernel < KernelVersion(6, 18) }
}
