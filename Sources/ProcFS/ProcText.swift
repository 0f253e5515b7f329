/// What the parsers of the small files have in common.
enum ProcText {
    /// UTF-8, with U+FFFD for what is none: names from processes are any bytes.
    static func decode(_ bytes: some Sequence<UInt8>) -> String {
        // Array first: decoding a Collection of unknown layout goes byte by byte through its witness table.
        String(decoding: Array(bytes), as: UTF8.self)
    }

    /// The bytes without blanks and line ends around them.
    static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let blank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        guard let first = bytes.firstIndex(where: { !blank($0) }), let last = bytes.lastIndex(where: { !blank($0) })
        else {
            return bytes.prefix(0)
        }
        return bytes[first...last]
    }

    /// The lines that are not empty.
    static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 0x0a)
    }

    /// The words between blanks.
    static func words(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split { $0 == 0x20 || $0 == 0x09 }
    }

    /// A decimal number that is the whole of `bytes`; nil for anything else and where it exceeds `T`.
    static func decimal<T: FixedWidthInteger & UnsignedInteger>(_ bytes: ArraySlice<UInt8>, _: T.Type = T.self) -> T? {
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var scanner = ByteScanner(start, end: start + buffer.count)
            guard let value = scanner.decimal(T.self), scanner.left == 0 else { return nil }
            return value
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes are, or begin with, those of a literal.
    func starts(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && text.withUTF8Buffer { literal in zip(self, literal).allSatisfy { $0 == $1 } }
    }
}
