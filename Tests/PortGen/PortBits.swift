import PortModel

/// A set of ports in which the next port that several sets lack is found 64 at a time.
struct PortBits {
    private var words: [UInt64] = Array(repeating: 0, count: 1024)

    subscript(port: UInt16) -> Bool {
        get { words[Int(port >> 6)] & (1 << UInt64(port & 63)) != 0 }
        set {
            if newValue {
                words[Int(port >> 6)] |= 1 << UInt64(port & 63)
            } else {
                words[Int(port >> 6)] &= ~(1 << UInt64(port & 63))
            }
        }
    }

    /// The ports of both sets.
    func union(_ other: PortBits) -> PortBits {
        var union = self
        for index in union.words.indices { union.words[index] |= other.words[index] }
        return union
    }

    /// The lowest port from `start` to less than `end` that has the parity of `start` and is in neither set.
    static func free(_ a: PortBits, _ b: PortBits, from start: Int, to end: Int) -> Int? {
        let parity: UInt64 = start & 1 == 0 ? 0x5555_5555_5555_5555 : 0xAAAA_AAAA_AAAA_AAAA
        var port = start
        while port < end {
            let open = ~(a.words[port >> 6] | b.words[port >> 6]) & parity & (.max << UInt64(port & 63))
            if open != 0 {
                let found = (port & ~63) + open.trailingZeroBitCount
                return found < end ? found : nil
            }
            port = (port & ~63) + 64
        }
        return nil
    }
}

/// How often each port is in use, and which are at all.
struct PortCounts {
    private var counts: [Int32] = Array(repeating: 0, count: 65536)
    /// The ports that are in use, and those that are never to be chosen.
    private(set) var bits = PortBits()
    private var excluded = PortBits()

    subscript(port: UInt16) -> Int { Int(counts[Int(port)]) }

    mutating func add(_ port: UInt16) {
        counts[Int(port)] += 1
        bits[port] = true
    }

    mutating func remove(_ port: UInt16) {
        counts[Int(port)] -= 1
        if counts[Int(port)] == 0, !excluded[port] { bits[port] = false }
    }

    /// Keeps ports from being chosen, used or not.
    mutating func exclude(_ ports: PortSet) {
        for port in ports.ports {
            excluded[port] = true
            bits[port] = true
        }
    }
}
