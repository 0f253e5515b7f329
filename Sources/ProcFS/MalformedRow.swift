/// A row of a socket table that could not be read, described for the log.
public struct MalformedRow: Hashable, Sendable {
    /// The path of the file.
    public var file: String
    /// The number of the line, from 1; the header is line 1.
    public var line: Int
    /// The column that could not be read, by its name in the header (`local_address`, `tm->when`), or `header`,
    /// `end of line` for a row that the end of the file cuts off, `length` for one that no buffer holds.
    public var field: String
    /// The row: at most its first ``textLimit`` bytes, with everything but printable ASCII as `\xNN`.
    public var text: String

    /// How many bytes of a row ``text`` has at most, before they are escaped.
    public static let textLimit = 160

    /// A row with its text already escaped.
    public init(file: String, line: Int, field: String, text: String) {
        self.file = file
        self.line = line
        self.field = field
        self.text = text
    }

    /// Escapes the first ``textLimit`` bytes of a row.
    static func escape(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var text = ""
        for byte in bytes.prefix(textLimit) {
            switch byte {
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }
        }
        return text
    }
}

extension MalformedRow: CustomStringConvertible {
    /// `/proc/net/tcp:17: st: "…"`.
    public var description: String { "\(file):\(line): \(field): \"\(text)\"" }
}
