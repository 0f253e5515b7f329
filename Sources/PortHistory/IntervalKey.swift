import GRDB
import PortModel

/// The duration class of an interval, the upper part of the column `cluster`. Intervals of one class lie in chunks of 2^``shift``
/// samples.
struct IntervalCluster: Hashable {
    /// The class, from 0.
    let number: Int
    /// The bit length of the longest interval of the class, at least 6.
    var shift: Int { number + Self.smallest }

    private static let smallest = 6
    /// Where the class begins in `cluster`; the chunk stands below.
    private static let position = 26

    /// The class that a stored `cluster` is of.
    ///
    /// - Throws: `SQLITE_CORRUPT` for a class that no interval can have: sample numbers have 31 bits.
    init(stored cluster: Int) throws {
        let number = cluster >> Self.position
        guard (0...25).contains(number) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "interval.cluster \(cluster) is out of its range")
        }
        self.number = number
    }

    /// The class of the next `cluster` behind another one.
    ///
    /// - Throws: `SQLITE_CORRUPT` also where it does not stand behind: rows that are out of order would be walked for ever.
    init(stored cluster: Int, after other: Int) throws {
        guard cluster > other else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "interval.cluster \(cluster) is out of order")
        }
        try self.init(stored: cluster)
    }

    /// The class of an interval whose last sample comes `length` samples after its first.
    init(length: Int) { number = max(Self.smallest, Int.bitWidth - length.leadingZeroBitCount) - Self.smallest }

    /// The classes of the intervals that are no longer than that.
    static func all(upTo length: Int) -> [IntervalCluster] {
        (0...IntervalCluster(length: length).number).map {
            IntervalCluster(length: $0 == 0 ? 0 : 1 << ($0 + smallest - 1))
        }
    }

    /// `cluster` of an interval of this class.
    func stored(first: Int) -> Int { stored(chunk: first >> shift) }
    /// `cluster` of a chunk.
    func stored(chunk: Int) -> Int { number << Self.position + chunk }
    /// The greatest `cluster` that a class can have.
    var upperBound: Int { (number + 1) << Self.position - 1 }
    /// The chunk of a `cluster` of this class.
    func chunk(stored cluster: Int) -> Int { cluster - number << Self.position }

    /// The chunk that an interval stands in.
    func chunk(of first: Int) -> Int { first >> shift }
    /// The first sample number of a chunk.
    func firstSample(ofChunk chunk: Int) -> Int { chunk << shift }
    /// The chunks in which everything stands that covers one of the samples: an interval is shorter than a chunk.
    func chunks(covering samples: ClosedRange<Int>) -> ClosedRange<Int> {
        max(0, (samples.lowerBound >> shift) - 1)...(samples.upperBound >> shift)
    }

    /// The last chunk in which every interval ended before a sample; negative where there is none.
    func lastChunk(before sample: Int) -> Int { (sample >> shift) - 2 }
}

/// State, role and continuation of an interval in seven bits: the lower part of the column `span`, and `open_interval.kind`.
struct IntervalKind: Hashable {
    /// state + 16 × role + 64 × continued.
    let rawValue: Int

    /// How many bits it has.
    static let bits = 7

    /// A kind as stored.
    init(rawValue: Int) { self.rawValue = rawValue & (1 << Self.bits - 1) }

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

/// A port as the closed intervals hold it: a signed number of 16 bits, so that every port takes two bytes and no port none.
enum StoredPort {
    /// What is stored for a port.
    static func value(of port: UInt16) -> Int { Int(Int16(bitPattern: port)) }

    /// The port that is stored.
    ///
    /// - Throws: `SQLITE_CORRUPT` for a number that stands for none.
    static func port(_ value: Int) throws -> UInt16 { UInt16(bitPattern: try Int16(checked: value)) }
}
