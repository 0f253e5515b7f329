import GRDB
import PortModel

/// The duration class of an interval: `interval.class`. Intervals of one class lie in chunks of 2^``shift`` samples.
struct IntervalCluster {
    /// The class, from 0.
    let number: Int
    /// The bit length of the longest interval of the class, at least 8.
    var shift: Int { number + 8 }

    /// The class of a stored number.
    ///
    /// - Throws: `SQLITE_CORRUPT` for a class that no interval can have: sample numbers have 31 bits.
    init(stored number: Int) throws {
        guard (0...24).contains(number) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "interval.class \(number) is out of its range")
        }
        self.number = number
    }

    /// The class of an interval whose last sample comes `length` samples after its first.
    init(length: Int) { number = max(8, Int.bitWidth - length.leadingZeroBitCount) - 8 }

    /// The chunk that an interval stands in.
    func chunk(of first: Int) -> Int { first >> shift }
    /// The first sample number of a chunk.
    func firstSample(ofChunk chunk: Int) -> Int { chunk << shift }
    /// The chunks in which everything stands that covers one of the samples: an interval is shorter than a chunk.
    func chunks(covering samples: ClosedRange<Int>) -> ClosedRange<Int> {
        max(0, (samples.lowerBound >> shift) - 1)...(samples.upperBound >> shift)
    }
}

/// State, role and continuation of an interval in one byte: the column `kind`.
struct IntervalKind: Hashable {
    /// state + 16 × role + 64 × continued.
    let rawValue: Int

    /// A kind as stored.
    init(rawValue: Int) { self.rawValue = rawValue }

    /// A kind of its parts.
    init(_ state: SocketState, _ role: ConnectionRole, continued: Bool) {
        rawValue = Int(state.rawValue) + Int(role.rawValue) << 4 + (continued ? 64 : 0)
    }

    /// The state.
    var state: SocketState { SocketState(rawValue: UInt8(rawValue & 15)) ?? .close }
    /// Which side of a connection it is.
    var role: ConnectionRole { ConnectionRole(rawValue: UInt8(rawValue >> 4 & 3)) ?? .none }
    /// Whether the socket went on in another state or with another owner.
    var isContinued: Bool { rawValue & 64 != 0 }
}
