/// Reads the text of an option's value from left to right, byte by byte: all that stands in a TIME or a DURATION is
/// ASCII, but for the µ of microseconds.
struct TextScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    /// A scanner at the start of a text.
    init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    /// Whether everything has been read.
    var isAtEnd: Bool { position == bytes.count }

    /// The next byte, which stays; `nil` at the end.
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    /// Reads one of the characters; false, and nothing is read, when another one or none is next.
    mutating func take(_ characters: Character...) -> Bool {
        guard let next, characters.contains(where: { $0.asciiValue == next }) else { return false }
        position += 1
        return true
    }

    /// Reads spaces and tabs; true when there was one.
    @discardableResult
    mutating func takeSpace() -> Bool {
        let start = position
        while take(" ", "\t") {}
        return position > start
    }

    /// Reads as many digits as there are. `nil`, and nothing is read, when there is none, their number is not in
    /// `count`, or the number does not fit.
    mutating func takeNumber(digits count: ClosedRange<Int>) -> Int64? {
        let start = position
        var value: Int64? = 0
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
            position += 1
            let (tens, tooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, stillTooLarge) = tens.addingReportingOverflow(Int64(next - UInt8(ascii: "0")))
            if tooLarge || stillTooLarge { value = nil }
            if value != nil { value = sum }
        }
        guard let value, count.contains(position - start) else {
            position = start
            return nil
        }
        return value
    }

    /// Reads digits, however many; false when there is none.
    mutating func takeDigits() -> Bool {
        let start = position
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { position += 1 }
        return position > start
    }

    /// Reads `.5` where there is one, as a fraction of 1; 0 where there is none. `nil` for a point without digits.
    mutating func takeFraction() -> Double? {
        guard take(".") else { return 0 }
        var digits = 0.0
        var scale = 1.0
        let start = position
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
            position += 1
            // Fifteen digits are exact; the others change nothing.
            if scale < 1e15 {
                digits = digits * 10 + Double(next - UInt8(ascii: "0"))
                scale *= 10
            }
        }
        return position > start ? digits / scale : nil
    }

    /// Reads letters, and everything that is not ASCII; empty where there is none.
    mutating func takeWord() -> String {
        let start = position
        while let next, next >= 0x80 || (next | 0x20 >= UInt8(ascii: "a") && next | 0x20 <= UInt8(ascii: "z")) {
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
