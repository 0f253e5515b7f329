import Foundation
import PortModel

/// A report as one JSON object with sorted keys and a line feed at the end.
///
/// The main list is encoded piece by piece, so that a document of any length needs little memory: JSONEncoder takes
/// some kilobytes for each socket until it is done. Long and short documents go the same way, and are what encoding the
/// whole report at once would give.
///
/// Measured for a socket with one owner (406 bytes, Swift 6.3, release): 9.5 µs with explicit `CodingKeys`, 21 µs with
/// `.convertToSnakeCase` and ``PortReports/ExplicitNull``; 9.5 µs in pieces of 64, 11 µs of 1024, 13 µs and 3 KB all at
/// once.
struct JSONDocument {
    /// How many entries are encoded at once.
    var pieceLength = 64

    /// The encoder of every document.
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Writes a report.
    func write<Report: Presentation>(_ report: Report, to output: OutputWriter) throws {
        let encoder = Self.encoder()
        let shell = [UInt8](try encoder.encode(report.withoutEntries()))
        let entries = report.entries
        guard let gap = JSONShell.gap(ofList: Report.list.name, in: shell) else {
            // The list is not where the report says: then all at once.
            try Self.write([UInt8](try encoder.encode(report))[...], to: output)
            try output.write("\n")
            return
        }
        try Self.write(shell[..<gap], to: output)
        var start = 0
        while start < entries.count {
            let end = min(start + pieceLength, entries.count)
            let piece = [UInt8](try encoder.encode(Array(entries[start..<end])))
            if start > 0 { try output.write(",") }
            try Self.write(piece.dropFirst().dropLast(), to: output)
            start = end
        }
        try Self.write(shell[gap...], to: output)
        try output.write("\n")
    }

    /// Writes encoded bytes. What JSON allows in a string and a terminal does not is escaped as JSON does: no reader
    /// sees a difference.
    static func write(_ bytes: ArraySlice<UInt8>, to output: OutputWriter) throws {
        if bytes.contains(where: { $0 >= 0x7f }) {
            try output.write(harmless(String(decoding: bytes, as: UTF8.self)))
        } else {
            try bytes.withUnsafeBytes { try output.write($0) }
        }
    }

    /// Encoded text with every harmful character as `\u202e`. Outside of strings JSON has ASCII only.
    static func harmless(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            guard scalar.value >= 0x7f, TextEscape.isHarmful(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}
