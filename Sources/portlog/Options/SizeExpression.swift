/// A SIZE on the command line: `4MiB`, `1GiB`, `500MB`, or plain bytes.
struct SizeExpression: Hashable, Sendable {
    /// Bytes, not negative.
    var bytes: Int64

    /// A size of bytes.
    init(bytes: Int64) {
        self.bytes = bytes
    }

    /// Reads a size. `KiB`, `MiB`, `GiB`, `TiB` and the letters `K`, `M`, `G`, `T` alone are powers of 1024; `kB`,
    /// `MB`, `GB`, `TB` are powers of 1000. Upper and lower case are the same.
    init(parsing text: String) throws {
        let refusal = ValueError(
            "a size is a number of bytes with or without a unit, such as 4MiB, 1GiB, 500MB or 1048576")
        var scanner = TextScanner(text)
        scanner.takeSpace()
        guard let whole = scanner.takeNumber(digits: 1...19), let fraction = scanner.takeFraction() else {
            throw refusal
        }
        scanner.takeSpace()
        guard let unit = Self.unit(scanner.takeWord().lowercased()) else { throw refusal }
        scanner.takeSpace()
        guard scanner.isAtEnd, unit > 1 || fraction == 0 else { throw refusal }
        let (product, tooLarge) = whole.multipliedReportingOverflow(by: unit)
        let (sum, sumTooLarge) = product.addingReportingOverflow(Int64((fraction * Double(unit)).rounded()))
        guard !tooLarge, !sumTooLarge else { throw ValueError("that is more than a file can be long") }
        bytes = sum
    }

    private static func unit(_ name: String) -> Int64? {
        switch name {
        case "", "b": 1
        case "k", "kib": 1 << 10
        case "m", "mib": 1 << 20
        case "g", "gib": 1 << 30
        case "t", "tib": 1 << 40
        case "kb": 1000
        case "mb": 1_000_000
        case "gb": 1_000_000_000
        case "tb": 1_000_000_000_000
        default: nil
        }
    }
}

extension SizeExpression: CustomStringConvertible {
    /// In the notation that is read, exactly: `4MiB`, `1000`.
    var description: String {
        for (shift, name) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        where bytes > 0 && bytes & ((1 << shift) - 1) == 0 {
            return "\(bytes >> shift)\(name)"
        }
        return "\(bytes)"
    }
}
