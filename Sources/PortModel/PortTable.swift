/// What stands on each of the 65 536 ports, in pages of 256 that exist only where something stands.
struct PortTable: Sendable {
    /// One port.
    struct Port: Sendable {
        /// TCP sockets.
        var tcp: Int32 = 0
        /// Those of them that own the port explicitly.
        var explicit: Int32 = 0
        /// UDP sockets.
        var udp: Int32 = 0
        /// The first of the four-tuples on it; -1 without any.
        var firstTuple: Int32 = -1
        /// It had an explicit owner and has not been empty since.
        var isSticky = false
    }

    private var pages: [[Port]] = Array(repeating: [], count: 256)

    subscript(port: UInt16) -> Port {
        get {
            let page = pages[Int(port >> 8)]
            return page.isEmpty ? Port() : page[Int(port & 255)]
        }
        _modify {
            let page = Int(port >> 8)
            if pages[page].isEmpty { pages[page] = Array(repeating: Port(), count: 256) }
            yield &pages[page][Int(port & 255)]
        }
    }
}
