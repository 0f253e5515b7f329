/// What stands on the ports of one namespace, counted: which of them connect() could choose for some destination, and how many are
/// in use for bind().
///
/// The rules are those of ``PortSpace``, which also follows every four-tuple and so can replay a period. This is its part that a
/// recorder can afford to keep up with each sample: 20 bytes a port, nothing a socket.
public struct PortOccupancy: Sendable {
    /// The limits in force.
    public private(set) var limits: PortLimits
    /// Ports that connect() could choose for some destination: the range less the reserved and the explicitly owned, as of the last
    /// ``settle()``.
    public private(set) var capacity = 0

    /// Those of them with an even number.
    private var evenCapacity = 0
    /// Those of them with the parity of the range's low end, which connect() tries first.
    public var capacityOfLowParity: Int {
        limits.range.first.isMultiple(of: 2) ? evenCapacity : capacity - evenCapacity
    }

    private var ports = PortTable()
    private var isOpen: [Bool] = Array(repeating: false, count: 65_536)
    private var touched: [UInt16] = []
    private var usedByTCP = 0
    private var usedByUDP = 0

    /// A namespace without sockets.
    public init(_ limits: PortLimits) {
        self.limits = limits
        for port in limits.range.ports where limits.mayChoose(port) {
            isOpen[Int(port)] = true
            capacity += 1
            if port.isMultiple(of: 2) { evenCapacity += 1 }
        }
    }

    /// Whether the port counted as one that connect() could choose at the last ``settle()``.
    public func wasOpen(_ port: UInt16) -> Bool { isOpen[Int(port)] }

    /// Ports of the range with any socket of a protocol: what bind(::, 0) cannot choose.
    public func used(_ transport: TransportProtocol) -> Int { transport == .tcp ? usedByTCP : usedByUDP }

    /// A socket stands there from now on.
    public mutating func insert(_ row: SocketRow, _ role: ConnectionRole) {
        let port = row.local.port
        if row.table.transport == .udp {
            ports[port].udp += 1
            if ports[port].udp == 1, limits.mayChoose(port) { usedByUDP += 1 }
            return
        }
        ports[port].tcp += 1
        if ports[port].tcp == 1, limits.mayChoose(port) { usedByTCP += 1 }
        if !PortSpace.isExplicitOwner(row.table, row.state, role) { return }
        ports[port].explicit += 1
        ports[port].isSticky = limits.isSticky
        touched.append(port)
    }

    /// A socket stands there no more.
    public mutating func remove(_ row: SocketRow, _ role: ConnectionRole) {
        let port = row.local.port
        if row.table.transport == .udp {
            ports[port].udp -= 1
            if ports[port].udp == 0, limits.mayChoose(port) { usedByUDP -= 1 }
            return
        }
        ports[port].tcp -= 1
        if PortSpace.isExplicitOwner(row.table, row.state, role) {
            ports[port].explicit -= 1
            touched.append(port)
        }
        if ports[port].tcp > 0 { return }
        if limits.mayChoose(port) { usedByTCP -= 1 }
        if ports[port].isSticky {
            ports[port].isSticky = false
            touched.append(port)
        }
    }

    /// Puts other limits in force. The work is that of all ports.
    public mutating func setLimits(_ limits: PortLimits) {
        if limits == self.limits { return }
        self.limits = limits
        (usedByTCP, usedByUDP) = (0, 0)
        for port in UInt16.min...UInt16.max {
            touched.append(port)
            let state = ports[port]
            if !limits.mayChoose(port) { continue }
            if state.tcp > 0 { usedByTCP += 1 }
            if state.udp > 0 { usedByUDP += 1 }
        }
    }

    /// Ends a sample: all that came and went is in.
    ///
    /// - Returns: The ports that count otherwise than before.
    public mutating func settle() -> [UInt16] {
        var flipped: [UInt16] = []
        for port in touched {
            let state = ports[port]
            let isOpenNow = limits.mayChoose(port) && state.explicit == 0 && !state.isSticky
            if isOpenNow == isOpen[Int(port)] { continue }
            isOpen[Int(port)] = isOpenNow
            capacity += isOpenNow ? 1 : -1
            if port.isMultiple(of: 2) { evenCapacity += isOpenNow ? 1 : -1 }
            flipped.append(port)
        }
        touched.removeAll(keepingCapacity: touched.count < 4096)
        return flipped
    }
}
