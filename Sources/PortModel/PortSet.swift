/// A set of ports as 65 536 bits: 8 KiB whatever it holds, a test or an insertion in constant time.
public struct PortSet: Hashable, Sendable {
    private var words: [UInt64] = Array(repeating: 0, count: 1024)
    /// How many ports are in the set.
    public private(set) var count = 0

    /// An empty set.
    public init() {}

    /// A set of the given ports.
    public init(_ ports: some Sequence<UInt16>) {
        for port in ports { insert(port) }
    }

    /// Reads the list of `net.ipv4.ip_local_reserved_ports`: `8080,9000-9010`, or nothing. `nil` for anything else.
    public init?(list: String) {
        for part in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                return nil
            }
            for port in first...last { insert(port) }
        }
    }

    /// Whether the port is in the set.
    public func contains(_ port: UInt16) -> Bool {
        words[Int(port >> 6)] & (1 << UInt64(port & 63)) != 0
    }

    /// Adds a port; true if it was not there.
    @discardableResult
    public mutating func insert(_ port: UInt16) -> Bool {
        if contains(port) { return false }
        words[Int(port >> 6)] |= 1 << UInt64(port & 63)
        count += 1
        return true
    }

    /// Takes a port out; true if it was there.
    @discardableResult
    public mutating func remove(_ port: UInt16) -> Bool {
        if !contains(port) { return false }
        words[Int(port >> 6)] &= ~(1 << UInt64(port & 63))
        count -= 1
        return true
    }

    /// The ports, ascending.
    public var ports: [UInt16] {
        var result: [UInt16] = []
        result.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(UInt16(index << 6 | rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return result
    }

    /// How many of the set's ports lie in a range.
    public func count(in range: PortRange) -> Int {
        ports.lazy.filter(range.contains).count
    }

    /// The list in the sysctl's own notation: `8080,9000-9010`; empty for an empty set.
    public var list: String {
        var parts: [String] = []
        var run: ClosedRange<UInt16>?
        func close() {
            if let run { parts.append(run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)-\(run.upperBound)") }
        }
        for port in ports {
            if let open = run, open.upperBound != .max, port == open.upperBound + 1 {
                run = open.lowerBound...port
            } else {
                close()
                run = port...port
            }
        }
        close()
        return parts.joined(separator: ",")
    }
}
