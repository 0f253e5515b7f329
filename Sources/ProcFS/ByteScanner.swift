/// Reads the notations of /proc from bytes, strictly and without allocating.
///
/// Every method either takes exactly what it names and moves on, or returns false or nil; where it stands after that does
/// not matter. None reads at or beyond `end`.
struct ByteScanner {
    var at: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>

    @inline(__always)
    init(_ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        self.at = start
        self.end = end
    }

    @inline(__always)
    var left: Int { end - at }

    /// Takes one given byte.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard at < end, at.pointee == byte else { return false }
        at += 1
        return true
    }

    /// Takes any number of spaces, none included.
    @inline(__always)
    mutating func skipSpaces() {
        while at < end, at.pointee == 0x20 { at += 1 }
    }

    /// Takes one space or more.
    @inline(__always)
    mutating func spaces() -> Bool {
        guard take(0x20) else { return false }
        skipSpaces()
        return true
    }

    /// Takes a decimal number without a sign: nil without a digit and where it exceeds `T`.
    @inline(__always)
    mutating func decimal<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> T? {
        var value: T = 0
        let start = at
        while at < end {
            let digit = at.pointee &- 0x30
            guard digit < 10 else { break }
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(T(truncatingIfNeeded: digit))
            guard !over, !carry else { return nil }
            value = sum
            at += 1
        }
        return at > start ? value : nil
    }

    /// Takes exactly two digits of `%02X`.
    @inline(__always)
    mutating func hex2() -> UInt8? {
        guard left >= 2, let high = Self.nibble(at[0]), let low = Self.nibble(at[1]) else { return nil }
        at += 2
        return high << 4 | low
    }

    /// Takes exactly four digits of `%04X`.
    @inline(__always)
    mutating func hex4() -> UInt16? {
        guard left >= 4 else { return nil }
        let text = UInt32(bigEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt32.self))
        guard let value = Self.eight(0x3030_3030_0000_0000 | UInt64(text)) else { return nil }
        at += 4
        return UInt16(truncatingIfNeeded: value)
    }

    /// Takes exactly eight digits of `%08X`.
    @inline(__always)
    mutating func hex8() -> UInt32? {
        guard left >= 8 else { return nil }
        let text = UInt64(bigEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
        guard let value = Self.eight(text) else { return nil }
        at += 8
        return value
    }

    /// Takes the eight to sixteen digits of `%08lX`.
    @inline(__always)
    mutating func hexLong() -> UInt64? {
        guard let first = hex8() else { return nil }
        var value = UInt64(first)
        while at < end, let digit = Self.nibble(at.pointee) {
            guard value >> 60 == 0 else { return nil }
            value = value << 4 | UInt64(digit)
            at += 1
        }
        return value
    }

    /// The value of a digit as `%X` writes it: 0-9 and A-F.
    @inline(__always)
    private static func nibble(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        if digit < 10 { return digit }
        let letter = byte &- 0x41
        return letter < 6 ? letter + 10 : nil
    }

    /// Eight digits at once, the first in the top byte: each byte is classified by the carry that an addition makes in its
    /// top bit, which cannot reach its neighbour as long as all of them are ASCII.
    @inline(__always)
    private static func eight(_ text: UInt64) -> UInt32? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        guard text & tops == 0 else { return nil }
        let digits = (text &+ ones &* (0x80 - 0x30)) & ~(text &+ ones &* (0x80 - 0x3a))
        let letters = (text &+ ones &* (0x80 - 0x41)) & ~(text &+ ones &* (0x80 - 0x47)) & tops
        guard (digits | letters) & tops == tops else { return nil }
        var value = (text & (ones &* 0x0f)) &+ (letters >> 7) &* 9
        value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff
        value = (value | value >> 8) & 0x0000_ffff_0000_ffff
        return UInt32(truncatingIfNeeded: value | value >> 16)
    }
}
